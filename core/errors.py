"""What can go wrong, told to the person who can mend it.

Refusals are values: somebody's input asked for what cannot be done, and the
refusal says what, where and what to do next. Faults are exceptions: something
we rely on broke. ``PilothouseError`` is the only exception that a command line
or a page turns into one sentence; everything else is a bug and keeps its
traceback.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Code(StrEnum):
    """Stable refusal codes. Scripts may match on them."""

    # names
    UNKNOWN_TABLE = "UNKNOWN_TABLE"
    UNKNOWN_COLUMN = "UNKNOWN_COLUMN"
    UNKNOWN_EVENT = "UNKNOWN_EVENT"
    UNKNOWN_TRAIT = "UNKNOWN_TRAIT"
    UNKNOWN_AUDIENCE = "UNKNOWN_AUDIENCE"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    UNKNOWN_USER = "UNKNOWN_USER"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    # conditions
    INVALID_OPERATOR = "INVALID_OPERATOR"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    EMPTY_CONDITION = "EMPTY_CONDITION"
    CONTRADICTION = "CONTRADICTION"
    UNDECIDABLE = "UNDECIDABLE"
    # prompts
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD"
    AMBIGUOUS = "AMBIGUOUS"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    BYPASS_REQUESTED = "BYPASS_REQUESTED"
    PROTECTED_ATTRIBUTE = "PROTECTED_ATTRIBUTE"
    # SQL
    SQL_TOO_LONG = "SQL_TOO_LONG"
    SQL_UNPARSABLE = "SQL_UNPARSABLE"
    SQL_NOT_ONE_STATEMENT = "SQL_NOT_ONE_STATEMENT"
    SQL_NOT_A_QUERY = "SQL_NOT_A_QUERY"
    SQL_FORBIDDEN_NODE = "SQL_FORBIDDEN_NODE"
    SQL_FORBIDDEN_FUNCTION = "SQL_FORBIDDEN_FUNCTION"
    SQL_FORBIDDEN_TABLE = "SQL_FORBIDDEN_TABLE"
    SQL_FORBIDDEN_COLUMN = "SQL_FORBIDDEN_COLUMN"
    SQL_FORBIDDEN_TEXT = "SQL_FORBIDDEN_TEXT"
    SQL_UNBOUNDED = "SQL_UNBOUNDED"
    SQL_FAILED = "SQL_FAILED"
    RUN_ENDED = "RUN_ENDED"
    # governance
    NOT_ALLOWED = "NOT_ALLOWED"
    SELF_APPROVAL = "SELF_APPROVAL"
    ALREADY_DECIDED = "ALREADY_DECIDED"
    STALE_CHANGE_REQUEST = "STALE_CHANGE_REQUEST"
    SUSPENDED = "SUSPENDED"
    BLOCKED_BY_POLICY = "BLOCKED_BY_POLICY"
    COMMENT_REQUIRED = "COMMENT_REQUIRED"
    # models
    MODEL_INVALID = "MODEL_INVALID"
    AUDIT_FAILED = "AUDIT_FAILED"
    TOO_LITTLE_DATA = "TOO_LITTLE_DATA"
    # pipeline
    STEP_FAILED = "STEP_FAILED"
    # surroundings
    WAREHOUSE_MISSING = "WAREHOUSE_MISSING"
    WAREHOUSE_LOCKED = "WAREHOUSE_LOCKED"
    WAREHOUSE_LIMIT = "WAREHOUSE_LIMIT"
    MODEL_UNREACHABLE = "MODEL_UNREACHABLE"
    MODEL_UNUSABLE = "MODEL_UNUSABLE"
    SETTINGS_INVALID = "SETTINGS_INVALID"
    PORT_BUSY = "PORT_BUSY"
    INVALID_FILE = "INVALID_FILE"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"


FINAL = frozenset(
    {
        *(code for code in Code if code.startswith("UNKNOWN_")),
        Code.INVALID_OPERATOR,
        Code.TYPE_MISMATCH,
        Code.EMPTY_CONDITION,
        Code.CONTRADICTION,
        Code.UNDECIDABLE,
        Code.PROTECTED_ATTRIBUTE,
        Code.STALE_CHANGE_REQUEST,
        Code.BLOCKED_BY_POLICY,
        Code.MODEL_INVALID,
        Code.AUDIT_FAILED,
        Code.INVALID_FILE,
        Code.INVALID_ARGUMENT,
    }
)
"""What is refused again however often it is tried, until it says something else. Any other refusal
may go away by itself, or by what somebody does elsewhere: a lock, a limit, a hold."""


class Refusal(BaseModel):
    """Why something was not done: a value that flows back to the person or the planner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    message: str
    span: str | None = None
    """The words, the SQL fragment or the path that the refusal is about."""
    fix: str | None = None
    """What to do next, as an instruction."""

    def __str__(self) -> str:
        where = f" (at: {self.span})" if self.span else ""
        what_next = f" {self.fix}" if self.fix else ""
        return f"{self.message}{where}{what_next}"


class PilothouseError(Exception):
    """A refusal that travels as an exception until a boundary shows it to a person."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def refuse(
    code: Code, message: str, *, span: str | None = None, fix: str | None = None
) -> PilothouseError:
    """Build the exception for a refusal: ``raise refuse(Code.X, "…", fix="…")``."""
    return PilothouseError(Refusal(code=code, message=message, span=span, fix=fix))
