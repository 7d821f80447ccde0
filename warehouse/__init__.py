"""Consolidate and model: engines, the catalog, SQL models, the SQL check and the rule compiler."""
