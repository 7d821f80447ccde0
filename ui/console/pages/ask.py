"""Ask: a question in, a checked draft out. The agent runs in the worker; this page looks on."""

from __future__ import annotations

from ui.console.ask import show

show()
