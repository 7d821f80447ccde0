"""Country codes as people say them."""

from __future__ import annotations

_SAID = """
AT Austria Austrian|AU Australia Australian|BE Belgium Belgian|BR Brazil Brazilian
CA Canada Canadian|CH Switzerland Swiss|CN China Chinese|CZ Czechia Czech|DE Germany German
DK Denmark Danish|ES Spain Spanish|FI Finland Finnish|FR France French|GB Britain British UK
GR Greece Greek|HU Hungary Hungarian|IE Ireland Irish|IN India Indian|IT Italy Italian
JP Japan Japanese|MX Mexico Mexican|NL Netherlands Dutch|NO Norway Norwegian|PL Poland Polish
PT Portugal Portuguese|RO Romania Romanian|SE Sweden Swedish|TR Turkey Turkish|US USA American
"""
NAMES = {
    words[0]: tuple(words[1:])
    for line in _SAID.split("\n")
    for words in (entry.split() for entry in line.split("|"))
    if words
}


def said(code: str) -> tuple[str, ...]:
    """The words for a country code; none for what is no known code."""
    return NAMES.get(code.upper(), ())
