"""Decisions: why one user gets a message, or does not, and what would change it."""

from __future__ import annotations

from ui.console.decisions import show

show()
