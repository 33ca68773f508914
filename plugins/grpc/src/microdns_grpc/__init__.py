"""The gRPC interface: every plugin's operations over gRPC."""
