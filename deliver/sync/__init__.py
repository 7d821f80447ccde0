"""Traits and audiences of users, told to engagement tools as differences."""
