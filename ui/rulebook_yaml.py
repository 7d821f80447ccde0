"""Rules and journeys as YAML that people review: written short, read strictly.

What YAML would guess is not guessed: ``NO`` is a text and no ``false``, ``22:00`` a text and no
number of minutes. Two meanings of one text would let a reviewer see one and Pilothouse another, so
a key that stands twice in a mapping is refused, and so are anchors.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

WIDTH = 100


class Unreadable(ValueError):
    """A text that is no YAML of ours, and why, with its line."""


class _Reader(yaml.SafeLoader):
    """Texts, numbers without guesses, true, false and null."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuses an alias."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(None, None, "anchors are not read: say it twice", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """Refuses a key that stands twice."""
        seen: set[Any] = set()
        for key, _ in node.value:
            named = self.construct_object(key, deep=True)
            if not isinstance(named, Hashable) or named in seen:
                why = f"'{named}' stands there twice"
                raise yaml.MarkedYAMLError(None, None, why, key.start_mark)
            seen.add(named)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]*([eE][-+][0-9]+)?", list("-0123456789")),
):
    _resolved = re.compile(f"^({_pattern})$")
    _Reader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _resolved, _first)


class _Writer(yaml.SafeDumper):
    """No anchors, texts of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:
        """What is said twice is written twice."""
        return True


_ODD_BREAKS = re.compile("[\x85\u2028\u2029\r]")


def _text(writer: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = '"' if _ODD_BREAKS.search(value) else "|" if "\n" in value else None
    return writer.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Writer.add_representer(str, _text)


def read(text: str) -> Any:
    """What a text says; raises Unreadable with the line of what is wrong."""
    try:
        return yaml.load(text, _Reader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise Unreadable(f"{where}{error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(str(error).partition("\n")[0] or "it nests too deeply") from error


def written(document: dict[str, Any]) -> str:
    """A document as text; reading it gives the document again."""
    how: dict[str, Any] = {"allow_unicode": True, "sort_keys": False, "width": WIDTH}
    text: str = yaml.dump(document, Dumper=_Writer, **how)
    return text


def short(model: BaseModel) -> dict[str, Any]:
    """A model as a document without what is left open: nothing, by default, and empty lists.

    All other defaults are said: a reviewer need not know them.
    """
    full: dict[str, Any] = _said(model, model.model_dump(mode="json"))
    return full


def _said(value: Any, full: Any) -> Any:
    if isinstance(value, BaseModel) and isinstance(full, dict):
        fields = type(value).model_fields
        return {
            name: _said(one, full[name])
            for name in fields
            if not _left_open(one := getattr(value, name), fields[name])
        }
    if isinstance(value, tuple | list) and isinstance(full, list):
        return [_said(one, plain) for one, plain in zip(value, full, strict=True)]
    return full


def _left_open(value: Any, field: FieldInfo) -> bool:
    if field.is_required() or value not in (None, (), {}):
        return False
    return bool(value == field.get_default(call_default_factory=True, validated_data={}))
