"""The Omoi server: contract, store, orchestrator and adapters. See docs for the map of the rooms."""
