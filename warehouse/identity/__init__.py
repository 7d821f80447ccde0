"""Identity: who is one person, as a pure function of stored events and rule rows."""
