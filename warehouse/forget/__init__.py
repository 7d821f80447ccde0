"""Forgetting in the warehouse: which tables know a person, and taking them out."""
