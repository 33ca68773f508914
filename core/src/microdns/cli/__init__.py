"""The command ``microdns``: runs the server, and is the first projection of the operations."""
