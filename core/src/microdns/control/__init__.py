"""The local door: operations over a Unix socket that file permissions guard."""
