"""One file a record type; each holds its ``TYPE``."""
