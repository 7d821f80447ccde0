"""Why two identifiers are one person: the shortest chain of links, or what keeps them apart."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import NamedTuple

from warehouse.identity.people import Known, identifiers_of, named
from warehouse.identity.rules import Identifier, about
from warehouse.identity.statements import Cursor, run

MOST = 5
"""A chain is told in at most so many links; the middle of a longer one is counted."""

_SENTENCES = {
    "signed_in": "{b} signed in on {a}",
    "email": "{a} gave {b}",
    "email_capture": "{b} was given on {a} before anybody signed in",
    "device": "{b} was seen on {a}",
    "alias": "an alias says that {b} is {a}",
    "merge_rule": "a person ruled that {a} and {b} are one",
    "more": "{a} to {b} through more links",
}


class Link(NamedTuple):
    """One step of a chain. ``source`` is the message, or the rule, that first showed it."""

    a: str
    b: str
    kind: str
    first_seen: datetime | None
    source: str
    events: int

    @property
    def sentence(self) -> str:
        """The link in words."""
        words = _SENTENCES[self.kind].format(a=self.a, b=self.b)
        if self.kind == "more":
            return f"{words} ({self.events})"
        return f"{words} ({self.first_seen:%Y-%m-%d %H:%M}, {self.source})"


class Answer(NamedTuple):
    """Whether two are one person, and the reasons, the first first."""

    same: bool
    user_ids: tuple[str, ...]
    """The people they belong to: one when they are the same."""
    chain: list[Link]
    reasons: list[str]


def why(cursor: Cursor, one: str, other: str) -> Answer:
    """Answer for two identifiers; refuses those that nobody has seen."""
    a, b = named(cursor, one), named(cursor, other)
    of_a, of_b = _people(cursor, a), _people(cursor, b)
    both = sorted(of_a & of_b)
    if not both:
        return Answer(False, tuple(sorted(of_a | of_b)), [], _apart(cursor, a, b, of_a, of_b))
    chain = shortened(_chain(cursor, both[0], str(a), str(b)))
    return Answer(True, (both[0],), chain, [link.sentence for link in chain])


def shortened(chain: list[Link]) -> list[Link]:
    """At most five links: of a longer chain both ends and how much is between them."""
    if len(chain) <= MOST:
        return chain
    middle = chain[2:-2]
    fold = Link(
        _met(chain[1], middle[0]), _met(middle[-1], chain[-2]), "more", None, "", len(middle)
    )
    return [*chain[:2], fold, *chain[-2:]]


def _met(one: Link, other: Link) -> str:
    """The identifier that two links share."""
    return one.a if one.a in (other.a, other.b) else one.b


def _people(cursor: Cursor, identifier: Identifier) -> set[str]:
    kind, value = identifier
    return {row[0] for row in run(cursor, "people_of", kind=kind, value=value).fetchall()}


def _chain(cursor: Cursor, user_id: str, start: str, goal: str) -> list[Link]:
    """The shortest way from one identifier of a person to another; never across a shared device."""
    shared = {str(known.identifier) for known in identifiers_of(cursor, user_id) if known.shared}
    steps: dict[str, list[Link]] = {}
    for row in run(cursor, "links_of", user_id=user_id).fetchall():
        link = Link(*row)
        steps.setdefault(link.a, []).append(link)
        steps.setdefault(link.b, []).append(link)
    came: dict[str, Link | None] = {start: None}
    queue = deque([start])
    while queue and goal not in came:
        here = queue.popleft()
        for link in steps.get(here, []) if here == start or here not in shared else []:
            there = link.b if link.a == here else link.a
            if there not in came:
                came[there] = link
                queue.append(there)
    return _walked(came, goal)


def _walked(came: dict[str, Link | None], goal: str) -> list[Link]:
    chain: list[Link] = []
    here = goal
    while (link := came.get(here)) is not None:
        chain.insert(0, link)
        here = link.a if link.b == here else link.b
    return chain


def _apart(
    cursor: Cursor, a: Identifier, b: Identifier, of_a: set[str], of_b: set[str]
) -> list[str]:
    """What there is to say about two who are not the same."""
    told = [
        f"{rule.author} ruled on {rule.at:%Y-%m-%d} that {rule.a} and {rule.b} are not one:"
        f" {rule.reason}"
        for rule in about(cursor, a, b)
        if rule.action == "block"
    ]
    told += [f"{each} is nobody's yet" for each, of in ((a, of_a), (b, of_b)) if not of]
    common = _shared(cursor, of_a) & _shared(cursor, of_b)
    told += [f"both used {name}, which several people share" for name in sorted(common)]
    return told or ["nothing that was seen links them"]


def _shared(cursor: Cursor, people: set[str]) -> set[str]:
    known: list[Known] = [one for user in people for one in identifiers_of(cursor, user)]
    return {str(one.identifier) for one in known if one.shared}
