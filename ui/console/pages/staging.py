"""Staging: what is tried over the real data, what it came to, and what goes live."""

from __future__ import annotations

from ui.console.staging import show

show()
