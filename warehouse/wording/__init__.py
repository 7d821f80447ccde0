"""Conditions in plain English, written and read back: one wording, and no condition lost in it."""

from warehouse.wording.reading import read_condition
from warehouse.wording.spans import duration, read_duration
from warehouse.wording.writing import COMPARED, describe

__all__ = ["COMPARED", "describe", "duration", "read_condition", "read_duration"]
