"""What a message says, as text to be searched for words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from core.rules import Action
from core.templates import Template, TemplateFacts

Templates = Mapping[str, TemplateFacts]

OPT_OUT = (
    *("unsubscribe", "opt out", "opt-out", "reply stop", "text stop", "stop to end"),
    *("manage your preferences", "abmelden", "abbestellen", "se désabonner", "désinscrire"),
    *("désinscription", "darse de baja", "cancelar inscrição", "descadastrar", "配信停止"),
)
"""Words by which a message says how to get no more of them, in lower case."""


def text_of(action: Action, templates: Templates) -> str:
    """Everything that a message says before its places are filled."""
    found = template_of(action, templates)
    if found is None:
        return action.template
    constants = (str(one.constant) for one in found.variables.values() if one.constant is not None)
    return "\n".join((*(text for _, text in found.texts()), *constants))


def template_of(action: Action, templates: Templates) -> Template | None:
    """The template of the catalog that an action names, where it is known."""
    facts = templates.get(action.template_key or "")
    return facts.template if facts else None


def said(words: Iterable[str], text: str) -> tuple[str, ...]:
    """Those of the words that a text has, as whole words, whatever their case."""
    return tuple(_found(tuple(words), text.casefold()))


def _found(words: tuple[str, ...], text: str) -> Iterator[str]:
    for word in words:
        if _pattern(word.casefold()).search(text):
            yield word


@cache
def _pattern(word: str) -> re.Pattern[str]:
    # A word of signs, such as '% off', has no boundary where it begins.
    before = r"\b" if word[:1].isalnum() else ""
    after = r"\b" if word[-1:].isalnum() and word.isascii() else ""
    return re.compile(f"{before}{re.escape(word)}{after}")
