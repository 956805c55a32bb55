"""`make playground`: Slack in the browser, with the real bot, server and sandboxes behind it, and no account."""
