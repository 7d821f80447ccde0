"""Data health: how old the data is, what came in, what moved, and which rules rest on it."""

from __future__ import annotations

from ui.console.data_health import show

show()
