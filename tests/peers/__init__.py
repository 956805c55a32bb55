"""Programs that speak the protocols of the services that Omoi talks to, for tests and the playground."""
