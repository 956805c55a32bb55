"""Forms that people fill in, and what a form shows while it waits or when something went wrong."""
