"""A report as text for a terminal, and as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from ui.reports.sections import Section, Table

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
dl { display: grid; grid-template-columns: minmax(8rem, 14rem) minmax(0, 1fr);
  gap: .3rem 1rem; margin: 0; }
dt { font-weight: 600; } dd { margin: 0; white-space: pre-wrap; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid #8886; overflow-wrap: normal; }
@media (max-width: 40rem) {
  dl { grid-template-columns: minmax(0, 1fr); } dd { margin-bottom: .5rem; } }
"""


def as_html(title: str, about: str, sections: Iterable[Section]) -> str:
    """One HTML document: no script, nothing from elsewhere, every value escaped."""
    body = "".join(_section(one) for one in sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>{escape(title)}</h1><p>{escape(about)}</p>{body}</main></body></html>\n"
    )


def as_text(title: str, about: str, sections: Iterable[Section]) -> str:
    """The same for a terminal."""
    lines = [title, about]
    for one in sections:
        lines += ["", one.title]
        lines += [f"  {name}: {_indented(words)}" for name, words in one.pairs]
        if one.table and one.table.rows:
            lines += [f"  {line}" for line in _columns(one.table)]
        if one.note:
            lines.append(f"  {one.note}")
    return "\n".join(lines)


def _section(one: Section) -> str:
    parts = [f"<h2>{escape(one.title)}</h2>"]
    if one.pairs:
        rows = (f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in one.pairs)
        parts.append(f"<dl>{''.join(rows)}</dl>")
    if one.table and one.table.rows:
        parts.append(_table(one.table, one.title))
    if one.note:
        parts.append(f"<p>{escape(one.note)}</p>")
    return f"<section>{''.join(parts)}</section>\n"


def _table(table: Table, name: str) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in table.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(one)}</td>" for one in row) + "</tr>" for row in table.rows
    )
    return (
        f'<div class="wide" role="region" aria-label="{escape(name)}" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _columns(table: Table) -> Iterator[str]:
    rows = (table.columns, *table.rows)
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.columns))]
    for row in rows:
        cells = (f"{one:<{width}}" for one, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _indented(words: str) -> str:
    return words.replace("\n", "\n    ")
