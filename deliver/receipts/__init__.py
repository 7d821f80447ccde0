"""What providers say about messages that left: told apart from forgeries, read, and applied."""
