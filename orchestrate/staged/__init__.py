"""Staging: the same rulebook over the real data, beside the live one; nothing of it is sent."""
