"""What the commands do, once there is a connection. Imported by a command when it runs, never for help or completion."""
