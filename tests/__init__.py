"""The tests. `tests.postgres` and the like are what several of them share."""
