"""The dashboard in Debian's Chromium."""
