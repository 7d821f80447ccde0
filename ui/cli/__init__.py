"""The command line: every command a person or a script may give."""

from ui.cli.main import main

__all__ = ["main"]
