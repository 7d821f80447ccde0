"""Ports of this machine: whether one is free, and which other one is."""

from __future__ import annotations

import socket

from core.errors import Code, refuse

PORTS_TO_TRY = 20


def require_free(host: str, port: int) -> None:
    """Refuse with PORT_BUSY, and name the next port that is free."""
    if _is_free(host, port):
        return
    tried = range(port + 1, min(port + 1 + PORTS_TO_TRY, 65_536))
    free = next((other for other in tried if _is_free(host, other)), None)
    raise refuse(
        Code.PORT_BUSY,
        f"Port {port} is in use by another program.",
        span=f"{host}:{port}",
        fix=f"Use --port {free}." if free else "Stop the other program, or choose a port.",
    )


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
