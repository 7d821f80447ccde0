"""Where a place may stand in HTML: in text, and in quoted attributes that lead nowhere.

Escaping makes a value harmless there. It does not inside a script or a style, in a tag outside
quotes, or as an address, which could run code or lead to somebody else's site.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html.parser import HTMLParser
from string import Template as Text

_LEADS = frozenset({"href", "src", "action", "formaction", "background", "srcset", "poster"})
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ACTIVE = frozenset({"script", "iframe", "object", "embed"})


def check_html(text: str, constant: Collection[str]) -> None:
    """Raise ValueError, with the reason, where a place of an HTML body is not safe.

    ``constant``: the variables whose value is the template's own, which may stand in addresses.
    """
    reader = _Reader(frozenset(constant))
    reader.feed(text)
    if "<" in reader.rawdata:
        raise ValueError("the html has a tag that does not end")
    reader.close()


class _Reader(HTMLParser):
    def __init__(self, constant: frozenset[str]) -> None:
        super().__init__(convert_charrefs=False)
        self._constant = constant

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag: what is in it, and what it begins."""
        if tag in _ACTIVE:
            raise ValueError(f"the html has a <{tag}>, which no mail program shows")
        outside = _QUOTED.sub("", self.get_starttag_text() or "")
        if _places(outside):
            raise ValueError(f"the html has a place in <{tag}> outside quotes")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def handle_data(self, data: str) -> None:
        """Text, which is code inside a style."""
        if self.cdata_elem and _places(data):
            raise ValueError(f"the html has a place inside <{self.cdata_elem}>")

    def handle_comment(self, data: str) -> None:
        """Mail programs read some comments as conditions."""
        if _places(data):
            raise ValueError("the html has a place inside a comment")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            raise ValueError(f"the html has {name} in <{tag}>, which is code")
        leads = name in _LEADS or name == "style"
        if leads and set(_places(value)) - self._constant:
            raise ValueError(f"only a constant may stand in {name} of <{tag}>")


def _places(text: str) -> list[str]:
    return Text(text).get_identifiers()
