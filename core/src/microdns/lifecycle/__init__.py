"""From installed distributions to running plugins, and back."""
