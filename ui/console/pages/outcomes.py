"""Outcomes: what came of it."""

from __future__ import annotations

from ui.console.outcomes import show

show()
