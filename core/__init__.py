"""The vocabulary and the pure decisions.

Imports the standard library and pydantic only: no clock, no randomness, no I/O.
Pass ``now``, pass the row, get a value back.
"""
