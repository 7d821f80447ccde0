"""``python -m ui.cli``: the same as the ``pilothouse`` command."""

from ui.cli.main import main

if __name__ == "__main__":
    main()
