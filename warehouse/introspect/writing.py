"""A draft as files: YAML with the reasons as comments, and one SQL file a view."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import yaml

from core.errors import Code, refuse
from warehouse.introspect.draft import Draft
from warehouse.introspect.entry import Entry
from warehouse.views import FOLDER, SOURCE

WIDTH = 110
_LISTINGS = ("columns", "properties")
"""What is listed one a line."""


class _Plain(yaml.SafeDumper):
    """YAML as people write it: no anchors, texts of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:
        """What is said twice is written twice."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Plain.add_representer(str, _text)


def write_draft(draft: Draft, folder: Path) -> tuple[Path, ...]:
    """Write the catalog folder; refuses one that is not empty. Gives the files."""
    if folder.exists() and any(folder.iterdir()):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The folder {folder} is not empty: a draft never replaces what a person wrote.",
            span=str(folder),
            fix="Move it away, or use another workspace.",
        )
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    written = []
    for section, entries in draft.sections.items():
        file = folder / f"{section}.yaml"
        file.write_text(section_text(section, entries), encoding="utf-8")
        written.append(file)
    for name, query in draft.views.items():
        file = folder / FOLDER / f"{name}.sql"
        told = f"-- {_about(name)}\n"
        file.write_text(f"{told}{query.sql('duckdb', pretty=True)}\n", encoding="utf-8")
        written.append(file)
    return tuple(written)


def _about(view: str) -> str:
    told = {
        "events": "Everything that happened, one row an event. Edit: rename, split or leave out.",
        "consent": "Who agreed to what, since when: the latest word of a user holds.",
    }
    return told.get(view, f"A table of the team's, attached read-only as {SOURCE}.")


def section_text(section: str, entries: dict[str, Entry]) -> str:
    """One YAML file."""
    if not entries:
        return f"# No {section} yet.\n{{}}\n"
    return "\n".join(_entry_text(name, entry) for name, entry in entries.items()) + "\n"


def _entry_text(name: str, entry: Entry) -> str:
    lines = [line for comment in entry.comments for line in _comment(comment, "")]
    body = entry.body if isinstance(entry.body, dict) else {}
    listing = next((key for key in _LISTINGS if isinstance(body.get(key), dict)), None)
    if listing is None:
        return "\n".join([*lines, _yaml({name: entry.body}, "")])
    rest = {key: value for key, value in body.items() if key != listing}
    lines += [f"{_dumped(name)}:", _yaml(rest, "  "), f"  {listing}:"]
    for column, field in body[listing].items():
        for comment in (entry.inner or {}).get(column, ()):
            lines += _comment(comment, "    ")
        lines.append(f"    {_dumped(column)}: {_dumped(field, flat=True)}")
    return "\n".join(lines)


def _comment(text: str, indent: str) -> list[str]:
    first, rest = f"{indent}# ", f"{indent}#   "
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest)


def _yaml(value: dict[str, Any], indent: str) -> str:
    """A mapping in block style; what is flat below it stands on one line."""
    lines = []
    for key, body in value.items():
        name, text = _dumped(key), _dumped(body)
        lines.append(f"{name}: {text}" if "\n" not in text else f"{name}:\n{_indented(text)}")
    return textwrap.indent("\n".join(lines), indent)


def _indented(text: str) -> str:
    return textwrap.indent(text, "  ")


def _dumped(value: Any, *, flat: bool = False) -> str:
    text = yaml.dump(
        value,
        Dumper=_Plain,
        sort_keys=False,
        default_flow_style=True if flat else None,
        allow_unicode=True,
        width=10_000 if flat else WIDTH,
    )
    return str(text).removesuffix("\n").removesuffix("\n...")
