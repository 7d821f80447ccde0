"""Training: scores learnt from what was known then, written as trait models to approve."""
