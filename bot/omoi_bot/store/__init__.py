"""The bot's own database: what it received, what it wants to show, what it follows. The only room that knows SQL."""
