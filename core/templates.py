"""What a message says, by key: texts with named places, and where the value of each comes from.

A place is ``$name`` or ``${name}``, and ``$$`` is a dollar sign. Nothing in a text is ever
executed: a place is a name of the template's own list and is replaced by a value, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import Template as Text
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.conditions import Frozen
from core.template_html import check_html

VariableType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
OfferField = Literal["key", "price", "discount_percent", "list_price", "paid", "valid_until"]
Value = str | int | float | bool
Name = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,63}$")]
LONGEST = 200
"""Characters of one value, unless its variable says otherwise."""


class Variable(Frozen):
    """One named value. It has exactly one source: column, trait, constant or offer."""

    column: str | None = None
    """A column of the table of users."""
    trait: str | None = None
    constant: Value | None = None
    offer: OfferField | None = None
    """A field of the offer of the action that is sent."""
    type: VariableType = "string"
    fallback: Value | None = None
    """What is written where the user has no value."""
    required: bool = True
    """Without a value and a fallback the message does not leave; False: its place stays empty."""
    personal: bool = False
    """Declares that the message carries personal data: a personal column needs it."""
    decimals: int = Field(default=2, ge=0, le=6)
    """Of a number."""
    words: dict[str, str] = Field(default_factory=dict)
    """Of a string: how values that are codes are written, such as ``hiit: HIIT``."""
    longest: int = Field(default=LONGEST, ge=1, le=5_000)
    """Characters; what is longer is cut and ends in an ellipsis."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = (self.column, self.trait, self.constant, self.offer)
        if sum(source is not None for source in given) != 1:
            raise ValueError("a variable has one source: column, trait, constant or offer")
        return self

    @property
    def can_be_missing(self) -> bool:
        """Whether a user without a value stops the message."""
        return self.required and self.fallback is None and self.constant is None

    @property
    def source(self) -> str:
        """In words."""
        if self.column is not None:
            return f"the column {self.column}"
        if self.trait is not None:
            return f"the trait {self.trait}"
        return f"{self.offer} of the offer" if self.offer is not None else "a constant"


class Template(Frozen):
    """The words of a message, for some channels."""

    name: str = Field(min_length=1)
    channels: tuple[str, ...] = Field(min_length=1)
    subject: str = ""
    """One line; empty: the name of the action."""
    body: str
    html: str | None = None
    """The body once more as HTML, for e-mail; values are escaped in it."""
    variables: dict[Name, Variable] = Field(default_factory=dict)
    """Those that no text names are handed to providers that render by themselves."""

    @model_validator(mode="after")
    def _texts_are_well_formed(self) -> Self:
        if len(self.subject.splitlines()) > 1:
            raise ValueError("a subject is one line")
        for where, text in self.texts():
            if not Text(text).is_valid():
                raise ValueError(f"the {where} has a '$' that names no place; write $$ for a sign")
            for place in Text(text).get_identifiers():
                if place not in self.variables:
                    raise ValueError(f"the {where} names ${place}, which is no variable")
        return self

    @model_validator(mode="after")
    def _places_are_safe(self) -> Self:
        if self.html is not None:
            constant = {name for name, one in self.variables.items() if one.constant is not None}
            check_html(self.html, constant)
        return self

    def texts(self) -> Iterator[tuple[str, str]]:
        """What it has to say, and what that is called."""
        yield from (("subject", self.subject), ("body", self.body))
        if self.html is not None:
            yield "html", self.html


class TemplateFacts(Frozen):
    """A template as guardrail policies look at it: with what the catalog knows of its sources."""

    template: Template
    unfilled: tuple[str, ...] = ()
    """Sentences: required values that no user could have."""
    undeclared: tuple[str, ...] = ()
    """Sentences: data that the message would carry and may not, or not without saying so."""
