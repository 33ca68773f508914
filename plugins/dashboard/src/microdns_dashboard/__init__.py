"""The web page that an operator keeps open."""
