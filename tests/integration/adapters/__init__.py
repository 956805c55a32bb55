"""The adapters against real git and real processes."""
