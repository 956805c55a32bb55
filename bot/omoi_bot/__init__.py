"""The Slack bot: an ordinary client of the server, with its own database."""
