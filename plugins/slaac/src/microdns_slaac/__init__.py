"""Router advertisements for MicroDNS."""
