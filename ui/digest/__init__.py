"""The letter of the week: what waits, what changed, what it did; every number a read-out's own."""
