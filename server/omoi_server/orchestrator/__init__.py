"""Use cases and loops: what happens when somebody asks, and what happens by itself."""
