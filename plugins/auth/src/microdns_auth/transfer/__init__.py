"""Zone transfers: out to secondaries that the configuration allows, in from a primary."""
