"""Explainability reports: one rule, or one decision, from its data to what came of it."""
