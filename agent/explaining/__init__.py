"""Rules and policies in plain words, complete: reading the words gives the same artifact."""

from agent.explaining.artifacts import explain, is_explanation, read_explanation

__all__ = ["explain", "is_explanation", "read_explanation"]
