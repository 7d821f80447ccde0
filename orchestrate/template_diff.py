"""Two sets of templates compared: a text difference for each template, as its file would say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from control.requests import DiffLine
from orchestrate.data_diff import models_diff


class _Lines(yaml.SafeDumper):
    """Texts of several lines as blocks, so that a change of one line is one line."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Lines.add_representer(str, _text)


def templates_diff(live: Mapping[str, Any], proposed: Mapping[str, Any]) -> tuple[DiffLine, ...]:
    """One line a template; those that stay as they are come last."""
    return models_diff(_texts(live), _texts(proposed))


def _texts(templates: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: yaml.dump(_said(one), Dumper=_Lines, sort_keys=False, allow_unicode=True, width=10_000)
        for key, one in templates.items()
    }


def _said(value: Any) -> Any:
    """Without what is empty: a file leaves it out too."""
    if isinstance(value, dict):
        return {key: _said(one) for key, one in value.items() if one not in (None, {}, "")}
    return value
