"""``python -m microdns`` is the command ``microdns``."""

from microdns.cli.main import main

main()
