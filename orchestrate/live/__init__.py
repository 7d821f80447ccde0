"""One user at a time: what a cycle would decide for a user now, in microseconds.

``person`` is what is known of one user, ``reading`` reads it, ``book`` is the rules of a tick made
ready for one user, ``history`` what earlier messages come to at a moment, ``scalar`` decides.
The engine decides for everybody; here stands the same, said of one, and tests hold the two equal.
"""
