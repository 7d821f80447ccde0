"""A letter to somebody who works here: the same in plain text and as HTML for mail programs.

Mail programs know little HTML: one column, no script, nothing from elsewhere, colours that never
stand alone. Every value is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Literal, NamedTuple

Tone = Literal["now", "today", "over", "plain"]
TONES: dict[Tone, str] = {"now": "Now", "today": "Today", "over": "Over", "plain": ""}
"""How a word before an entry says how much it presses."""

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; padding: 0; background: #f3f6f6; color: #0a1319; }
main { box-sizing: border-box; max-width: 640px; margin: 0 auto; padding: 20px 16px 28px;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 22px; line-height: 1.3; margin: 0 0 6px; }
h2 { font-size: 17px; line-height: 1.35; margin: 0 0 4px; }
p { margin: 0 0 10px; }
section { background: #ffffff; border: 1px solid #d7dfe0; border-radius: 10px;
  padding: 14px 16px 6px; margin: 14px 0; }
.entry { border-top: 1px solid #e4eaea; padding: 10px 0; }
.entry:first-of-type { border-top: 0; padding-top: 4px; }
.entry p { margin: 2px 0 0; }
.figure { font-weight: 700; white-space: nowrap; }
.word { font-size: 13px; font-weight: 700; }
.now { color: #a3261b; } .today { color: #8a5200; } .over { color: #0b6e5f; }
.quiet { color: #46555c; font-size: 14px; }
a { color: #0b6e5f; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1518; color: #e9eff0; }
  section { background: #152024; border-color: #2b3a40; }
  .entry { border-color: #2b3a40; } .quiet { color: #a9b8bd; } a { color: #54d1bd; }
  .now { color: #ff9b8f; } .today { color: #f2bd6b; } .over { color: #54d1bd; } }
"""


class Entry(NamedTuple):
    """One thing of a letter."""

    title: str
    text: str = ""
    figure: str = ""
    """A number or a state that stands out."""
    tone: Tone = "plain"
    href: str = ""
    """Where the console shows it."""
    link: str = "Open it"


class Part(NamedTuple):
    """Entries under one heading."""

    title: str
    entries: Sequence[Entry] = ()
    note: str = ""
    href: str = ""
    link: str = ""


class Page(NamedTuple):
    """A whole letter, less its address."""

    title: str
    intro: str
    parts: Sequence[Part]
    footer: str = ""


def as_html(page: Page) -> str:
    """One HTML document that needs nothing else."""
    body = "".join(_section(one) for one in page.parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(page.title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>{escape(page.title)}</h1><p>{escape(page.intro)}</p>\n{body}"
        f'<p class="quiet">{escape(page.footer)}</p></main></body></html>\n'
    )


def as_text(page: Page) -> str:
    """The same without any markup, in lines that a terminal and every mail program can show."""
    lines = [page.title, "", page.intro]
    for part in page.parts:
        lines += ["", part.title, "-" * len(part.title)]
        for one in part.entries:
            lines += [*_lines(one), ""]
        lines += [one for one in (part.note,) if one]
        lines += [f"{part.link}: {part.href}"] if part.href else []
    lines += ["", page.footer] if page.footer else []
    return "\n".join(lines) + "\n"


def _lines(one: Entry) -> Iterator[str]:
    word = f"[{TONES[one.tone]}] " if TONES[one.tone] else ""
    figure = f": {one.figure}" if one.figure else ""
    yield f"{word}{one.title}{figure}"
    if one.text:
        yield f"  {one.text}"
    if one.href:
        yield f"  {one.href}"


def _section(part: Part) -> str:
    pieces = [f"<h2>{escape(part.title)}</h2>", *(_entry(one) for one in part.entries)]
    if part.note:
        pieces.append(f'<p class="quiet">{escape(part.note)}</p>')
    if part.href:
        pieces.append(f"<p>{_link(part.href, part.link)}</p>")
    return f"<section>{''.join(pieces)}</section>\n"


def _entry(one: Entry) -> str:
    word = TONES[one.tone]
    said = f'<span class="word {one.tone}">{word}</span> ' if word else ""
    figure = f': <span class="figure">{escape(one.figure)}</span>' if one.figure else ""
    text = f"<p>{escape(one.text)}</p>" if one.text else ""
    link = f"<p>{_link(one.href, one.link)}</p>" if one.href else ""
    return (
        f'<div class="entry">{said}<strong>{escape(one.title)}</strong>{figure}{text}{link}</div>'
    )


def _link(href: str, words: str) -> str:
    return f'<a href="{escape(href, quote=True)}">{escape(words)}</a>'
