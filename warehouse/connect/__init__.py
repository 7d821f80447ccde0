"""Connectors: files and PostgreSQL tables into the canonical tables of the warehouse."""
