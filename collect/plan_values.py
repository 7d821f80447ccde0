"""What the plan says about the value of one property: its types, and bounds on it."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, Self

import duckdb
from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

from collect.plan_formats import FORMATS, Format, FormatName
from core.conditions import Frozen

PropertyType = Literal[
    "string", "number", "integer", "boolean", "timestamp", "object", "array", "any"
]

ItemType = Literal["string", "number", "integer", "boolean", "object", "array", "null"]

_NUMBERS: tuple[PropertyType, ...] = ("number", "integer")
_TEXTS: tuple[PropertyType, ...] = ("string", "timestamp")


class PlannedProperty(Frozen):
    """A property of an event; what can be read as its type without doubt is coerced."""

    type: PropertyType = "any"
    types: tuple[PropertyType, ...] | None = Field(default=None, min_length=2)
    """Several types, any of which will do; nothing is coerced then, and ``type`` is not given."""
    required: bool = False
    nullable: bool = False
    """Whether null counts as given; otherwise null is the same as not given."""
    description: str = ""
    enum: tuple[StrictBool | StrictInt | StrictFloat | StrictStr, ...] | None = Field(
        default=None, min_length=1
    )
    pattern: str | None = None
    """A regular expression (RE2) that must match somewhere in the text."""
    format: FormatName | None = None
    """What kind of text it is; other values of several types have no format."""
    items: Annotated[tuple[ItemType, ...] | None, BeforeValidator(lambda given: _listed(given))] = (
        Field(default=None, min_length=1)
    )
    """The types of which each item of a list is one: a name, or a list of names."""
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = Field(default=None, ge=0)
    max_length: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _bounds_fit(self) -> Self:
        self._types_fit()
        lengths = (self.min_length, self.max_length)
        self._only_for("a length", lengths, (*_TEXTS, "array", "any"))
        self._only_for("a pattern", (self.pattern,), (*_TEXTS, "any"))
        self._only_for("a minimum or maximum", (self.minimum, self.maximum), (*_NUMBERS, "any"))
        self._only_for("an enum", (self.enum,), ("boolean", *_NUMBERS, *_TEXTS, "any"))
        self._only_for("a format", (self.format,), ("string",))
        self._only_for("item types", (self.items,), ("array", "any"))
        _in_order(self.minimum, self.maximum)
        _in_order(*lengths)
        if self.pattern is not None and (problem := _unreadable(self.pattern)):
            raise ValueError(f"the pattern {self.pattern} cannot be read: {problem}")
        return self

    def _types_fit(self) -> None:
        if self.types is None:
            return
        if self.type != "any":
            raise ValueError("a property has a type or types, not both")
        if "any" in self.types or len({*self.types}) < len(self.types):
            raise ValueError(f"{', '.join(self.types)} are not several types")
        if {*_TEXTS} <= {*self.types}:
            raise ValueError("a timestamp is a string already: name one of the two")

    def _only_for(
        self, what: str, bounds: tuple[object, ...], types: tuple[PropertyType, ...]
    ) -> None:
        if {*types}.isdisjoint(self.kinds) and any(bound is not None for bound in bounds):
            raise ValueError(f"a property of type {' or '.join(self.kinds)} cannot have {what}")

    @property
    def kinds(self) -> tuple[PropertyType, ...]:
        """The types that a value may have."""
        return self.types or (self.type,)

    @property
    def shape(self) -> Format | None:
        """What its text has to look like."""
        return FORMATS[self.format] if self.format else None

    @property
    def is_bounded(self) -> bool:
        """Whether reading it by its type leaves something to check."""
        bounds = (self.enum, self.pattern, self.minimum, self.maximum, self.min_length)
        shapes = (self.max_length, self.types, self.format, self.items)
        return any(one is not None for one in (*bounds, *shapes))

    @property
    def texts(self) -> list[str] | None:
        """The allowed values as JSON writes them, without quotes."""
        if self.enum is None:
            return None
        return [str(one).lower() if isinstance(one, bool) else str(one) for one in self.enum]

    @property
    def numbers(self) -> list[float] | None:
        """The allowed values that are numbers."""
        found = [
            float(one)
            for one in self.enum or ()
            if isinstance(one, int | float) and not isinstance(one, bool)
        ]
        return found or None


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


def _in_order(low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"nothing is at least {low} and at most {high}")


@lru_cache(maxsize=1024)
def _unreadable(pattern: str) -> str | None:
    """Why the engine cannot read a pattern; None when it can."""
    with duckdb.connect() as engine:
        try:
            engine.execute("SELECT REGEXP_MATCHES('', $pattern)", {"pattern": pattern})
        except duckdb.InvalidInputException as error:
            return str(error).removeprefix("Invalid Input Error: ")
    return None
