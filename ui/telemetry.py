"""What the process tells its operators: JSON logs on stderr, and counters at GET /metrics.

One trace id runs from a request to its decisions and to what was sent.
"""

from __future__ import annotations

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge, Histogram

ASKS = Counter("pilothouse_asks", "Prompts answered.", ["intent", "status", "planner"])
ASK_SECONDS = Histogram("pilothouse_ask_seconds", "Time to answer a prompt.", ["intent"])
VERDICTS = Counter("pilothouse_verdicts", "Verdicts on change requests.", ["verdict"])
CYCLES = Counter("pilothouse_cycles", "Decision cycles run.")
DECISIONS = Counter("pilothouse_decisions", "Decisions made.", ["outcome"])
REQUESTS = Counter("pilothouse_collect_requests", "Requests of SDKs answered.", ["status"])
RECEIVED = Counter("pilothouse_collect_received", "Events acknowledged to SDKs.")
EVENTS = Counter("pilothouse_collect_events", "Events by what became of them.", ["outcome"])
MESSAGES = Counter("pilothouse_messages", "Messages by what became of them.", ["state"])
CANARIES = Counter("pilothouse_canaries", "Canaries that ended by themselves.", ["outcome"])
RECEIPT_REQUESTS = Counter(
    "pilothouse_receipt_requests", "Requests of providers answered.", ["destination", "status"]
)
ALERTS = Gauge("pilothouse_alerts", "Alerts that are open.", ["kind"])
NOTIFICATIONS = Counter(
    "pilothouse_notifications", "Letters to people, by way and what came of it.", ["way", "state"]
)
RECEIPTS_APPLIED = Counter("pilothouse_receipts_applied", "Receipts that did what they do.")
RECEIPTS_WAITING = Gauge(
    "pilothouse_receipts_waiting", "Receipts of messages and people that are not known so far."
)

# Not the local variables: they hold rows of users, and would fill a disk.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure_logging(*, quiet: bool = False) -> None:
    """JSON lines on stderr; ``quiet`` keeps only warnings and worse."""
    level = logging.WARNING if quiet else logging.INFO
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _TRACEBACKS,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
