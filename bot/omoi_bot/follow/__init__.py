"""From a spec's events to what stands in its thread."""
