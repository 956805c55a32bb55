"""Pure rules: what a spec, task, job and gate may do. No I/O, no settings, no protobuf."""
