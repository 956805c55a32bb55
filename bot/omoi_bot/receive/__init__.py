"""What comes from Slack: over a socket or over HTTP, sorted, stored, and only then acknowledged."""
