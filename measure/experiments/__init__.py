"""Experiments and holdouts read out: checks first, then numbers that hold at every look."""
