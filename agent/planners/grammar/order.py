"""The order of a decision prompt: where each message begins, and which comes first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.order_choices import in_some_order
from agent.planners.grammar.order_cuts import BETWEEN, LAST, Cuts
from agent.planners.grammar.outline_words import (
    COMPARING,
    ENDS,
    NOTHING,
    ORDER_CUE,
    ORDER_WORDS,
    OVER,
    THEN_PHRASES,
    UNDER,
)
from agent.planners.grammar.words import Text
from core.rules import MessageClass, OutcomeSuppression


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of tokens of one part."""

    start: int
    end: int
    actions: tuple[str, ...] = ()
    reversed: bool = False
    """'until …': holds as long as the condition does not."""
    message_class: MessageClass | None = None
    rank: int | None = None
    marked: bool = False
    """Begins with a number or a word such as 'then'."""
    also: tuple[Chunk, ...] = ()
    """Where else the same message stands: 'A over B, and B over C'."""
    pause: OutcomeSuppression | None = None
    """'Ignored 3 times in 30 days: pause for 60 days.'"""
    lasting: tuple[int, int] | None = None
    """The tokens of how long it goes on after what is said happened."""


_LOCATING = frozenset("for among with in within across only on from to".split())
"""'In Germany, A before B': what stands before the comma holds for all."""
_LED = frozenset("for among within".split())
"""Before the people of what follows a colon."""
_HOLDING = frozenset(
    "hold back pause suppress never not no stop mute skip block exclude without nobody end".split()
)
_ORDERING = frozenset(
    "they an no last did placed place first any their who never not have has had to one his her "
    "without latest recent new open late unpaid shipped delivered".split()
)
_SENDING = frozenset("send give show offer use pick choose prefer".split())
_RELATIVE = frozenset("who that which did do not never".split())
_AT_THE_END = frozenset("last first second third lowest highest between".split())
_PLACING = frozenset("heads leads trails closes opens tops follows".split())
_CUTTING = frozenset({":", "-", "–", "—"})
"""Marks between what holds for the whole order and the order itself."""


class Order(Cuts):
    """The messages of a prompt in their order, and what is said before it."""

    def __init__(self, text: Text, mentions: list[Mention]) -> None:
        super().__init__(text, mentions)
        self.headers: list[Chunk] = []
        self.items: list[Chunk] = []
        self._above: list[tuple[int, int]] = []
        """Pairs of items, the first before the second, as they are said."""
        self._over: set[int] = set()
        """Items that begin or go on a comparison: 'A over B'."""
        self._bottom: set[int] = set()
        """Items that come after all others."""
        self._top: set[int] = set()
        """Items that come before all others."""

    def read(self, start: int, end: int) -> None:
        """Take in one sentence of the order."""
        start = self._head(self._after_list(start, end), end)
        end = self._tail(start, end)
        cuts = self._with_messages(self._cuts(start, end), end)
        if not cuts:
            if any(start <= m[0] < end for m in self.mentions):
                self.items.append(Chunk(start, end, rank=self.said_rank(start, end)))
                self._tops(len(self.items) - 1)
            elif self.items and self.text.low(start) in _LED and self.text.low(end - 1) == ":":
                raise self._two_policies(start, end)
            else:
                self.headers.append(Chunk(start, end))
            return
        first = cuts[0][0]
        begin = len(self.items)
        if first > start:
            self._before_first(start, first)
        for k, (at, body, rank) in enumerate(cuts):
            stop = cuts[k + 1][0] if k + 1 < len(cuts) else end
            self._body(at, body, stop, rank)
        self._tops(begin)

    def _with_messages(
        self, cuts: list[tuple[int, int, int | None]], end: int
    ) -> list[tuple[int, int, int | None]]:
        """Without 'then' in 'by push, then email' and 'next' in 'the nudge is next'."""
        kept: list[tuple[int, int, int | None]] = []
        for k, (at, body, rank) in enumerate(cuts):
            stop = cuts[k + 1][0] if k + 1 < len(cuts) else end
            named = any(body <= m[0] < stop for m in self.mentions)
            if named or rank is not None or self._nothing(body, stop) or self._fresh(body):
                kept.append((at, body, rank))
        return kept

    def _nothing(self, start: int, end: int) -> bool:
        """'otherwise nothing'."""
        said = {self.text.low(k) for k in range(start, end) if self.text[k].kind == "word"}
        return bool(said) and said <= NOTHING

    def _fresh(self, i: int) -> bool:
        """'then a streak celebration for …': a message that the catalog does not list."""
        while self.text.low(i) in ("send", "give", "show", "get", "the", "them", "comes", "come"):
            i += 1
        return self.text.low(i) in ("a", "an") or self.text.low(i - 1) == "the"

    def _tops(self, begin: int) -> None:
        """'A beats everything else', 'A wins': before all others, wherever it stands."""
        for k in range(begin, len(self.items)):
            chunk = self.items[k]
            if any(self.above_all(i) for i in range(chunk.start, chunk.end)):
                self._top.add(k)
            if any(self.below_all(i) for i in range(chunk.start, chunk.end)):
                self._bottom.add(k)

    def _head(self, start: int, end: int) -> int:
        """What stands before the order itself: 'For users in Germany, prioritise …:'."""
        first = min((m[0] for m in self.mentions if start <= m[0] < end), default=None)
        if first is None:
            return start
        cut = start
        for i in range(start, first):
            low = self.text.low(i)
            after = i > 0 and self.text[i - 1].kind == "number"
            colon = low in _CUTTING and (not after or self._after_amount(i))
            colon = colon or (low in ("->", "→") and self._number(i + 1, i) is not None)
            if colon and (self._condition_first(i) or self._theirs_alone(start, end)):
                continue
            if colon or (low in ORDER_WORDS and not self._an_order(i)):
                cut = i + 1
            elif low == "," and self.text.low(start) in _LOCATING:
                cut = max(cut, i + 1) if self._for_all(start, end) else cut
            elif cut == start and self.text.low(start) == "for" and self._asks_to_send(i, first):
                cut = i if self._for_all(start, end) else cut
        if cut > start:
            self.headers.append(Chunk(start, cut))
        return cut

    def _after_amount(self, i: int) -> bool:
        """'a churn risk above 0.6: A', and not the '1:' of an entry or the dash of '3 - 5'."""
        follows = i + 1 < len(self.text) and self.text[i + 1].kind != "number"
        return self.amount(i - 1) and (follows or self.text.low(i) == ":")

    def _asks_to_send(self, i: int, first: int) -> bool:
        """'For users on a paid plan kindly send A': right before the first message."""
        k = i + (self.text.low(i) in ("please", "kindly", "always", "we", "then"))
        if self.text.low(k) not in _SENDING or self.text.low(i - 1) in (*_RELATIVE, "to", "we"):
            return False
        return all(
            self.text.low(j) in ("the", "a", "an", "our", "out") for j in range(k + 1, first)
        )

    def _each_its_own(self, end: int) -> bool:
        """'For trial users, A; for users who …, B': each message has its people before it."""
        for i in range(end, len(self.text) - 1):
            begins = self.text.low(i) in ENDS and self.text.low(i + 1) in _LOCATING - {"only"}
            first = next((m for m in self.mentions if m[0] > i), None)
            if not begins or first is None:
                continue
            between = [self.text.low(k) for k in range(i + 1, first[0])]
            told = max((k for k, low in enumerate(between) if low in (",", ":")), default=0)
            again = any(m[2] == first[2] for m in self.mentions if m[0] < i)
            if not ({*between} & ENDS or {*between[told:]} & _HOLDING or again):
                return True
        return False

    def _theirs_alone(self, start: int, end: int) -> bool:
        """'For viewers in Spain: A. For viewers in Mexico: B': people of one message each."""
        if self.text.low(start) not in _LED or not (self.items or self._each_its_own(end)):
            return False
        if sum(start <= m[0] < end for m in self.mentions) > 1:
            raise self._two_policies(start, end)
        return True

    def _two_policies(self, start: int, end: int) -> Unclear:
        said = self.text.words(start, end)
        return Unclear(
            question=f"Is '{said}' said of these messages only? Number all messages in one order "
            "and say beside each who gets it, or ask for one policy at a time."
        )

    def _an_order(self, i: int) -> bool:
        """'did they order', 'no order in 60 days': what people do, no order of messages."""
        return self.text.low(i) == "order" and self.text.low(i - 1) in _ORDERING

    def _after_list(self, start: int, end: int) -> int:
        """'Rank A, B and C for trial users: C first, …': the order begins after the colon."""
        for i in range(start, end):
            if self.text.low(i) not in (":", "-", "–", "—"):
                continue
            named = [m for m in self.mentions if start <= m[0] < i]
            again = {m[2] for m in self.mentions if i < m[0] < end}
            if len({m[2] for m in named}) > 1 and {m[2] for m in named} <= again:
                if named[-1][1] < i:
                    self.headers.append(Chunk(named[-1][1], i))
                return i + 1
        return start

    def _tail(self, start: int, end: int) -> int:
        """'A, B (…), in that order, for trial users': the end is said of all of them."""
        for k in range(start + 1, end):
            closed = self.text.low(k - 1) == ")" or self.text.low(k - 2) == ")"
            ordered = self.text.low(k - 1) == "order" or self.text.low(k - 2) == "order"
            last = not any(k <= m[0] < end for m in self.mentions)
            if (closed or ordered) and last and self.text.low(k) in ("for", "among"):
                said = any(start <= m[0] < k for m in self.mentions)
                if said:
                    self.headers.append(Chunk(k, end))
                    return k
        return end

    def _for_all(self, start: int, end: int) -> bool:
        """'For trial users, …' before the first message is said of all, after it of the next."""
        if not self.items:
            return not self._each_its_own(end)
        if sum(start <= m[0] < end for m in self.mentions) > 1:
            said = self.text.words(start, end)
            raise Unclear(question=f"Is '{said}' said of these messages only? Number them.")
        return False

    def _before_first(self, start: int, end: int) -> None:
        if any(start <= m[0] < end for m in self.mentions):
            self.items.append(Chunk(start, end, rank=self.said_rank(start, end)))
        else:
            self.headers.append(Chunk(start, end))

    def _body(self, at: int, body: int, stop: int, rank: int | None) -> None:
        tokens = range(body, stop)
        if all(self.text[k].kind == "mark" or self.text.low(k) in ("and", "or") for k in tokens):
            return
        if self._nothing(body, stop):
            return
        said = self.said_rank(body, stop)
        how = self.text.low(at)
        connected = _relation(self.text, at)
        marked = connected is None and how not in (",", "and", "or", ":")
        last = len(self.items) - 1
        self.items.append(Chunk(body, stop, rank=rank if rank is not None else said, marked=marked))
        if connected is not None and last >= 0:
            pair = (last, last + 1) if connected == "over" else (last + 1, last)
            self._above.append(pair)
            self._over |= {last, last + 1}

    def finish(self) -> None:
        """Put the messages in their order, or ask for it where nothing tells."""
        ranked = any(chunk.rank is not None for chunk in self.items)
        self._place_tops(ranked)
        told = self.marked or bool(self._above) or bool(self._top | self._bottom) or ranked
        groups = self._groups()
        if len(groups) > 1 and not told and not ORDER_CUE.search(self.text.source):
            raise self._which_order()
        placed = self._by_places_alone(groups) if ranked and not self._above else None
        if placed is not None:
            groups = placed
        elif not ranked or self._above:
            groups = self._by_relations(groups)
        self._account(groups)
        self._compared()
        self.items = [self._merged(group) for group in groups]
        if ranked and not self._above and placed is None:
            self._sort()

    def _compared(self) -> None:
        """'Both lose to A': a comparison that gave no place is never passed over."""
        for chunk in self.items:
            if self._place_unread(chunk) and len(self.items) > 1:
                raise self._which_order()
            first = next((m for m in self.mentions if m[0] >= chunk.start), None)
            stop = first[0] if first is not None and first[0] < chunk.end else chunk.start
            for i in range(chunk.start, stop):
                compares = self.text.low(i) in COMPARING or (
                    self.text.low(i) in ("before", "after")
                    and self.text.low(i - 1) in ("comes", "come", "goes", "go", "ranks", "is")
                )
                if compares and not (self.above_all(i) or self.below_all(i)):
                    raise self._which_order()
            if first is not None and first[0] < chunk.end and self._unread(first[1], chunk.end):
                raise self._which_order()

    def _place_unread(self, chunk: Chunk) -> bool:
        """'Put A (who …) last': a place at the end of a clause that gave the message none."""
        if chunk.rank is not None:
            return False
        return any(
            self.text.low(i) in _AT_THE_END
            and self.text.low(i + 1) in (*ENDS, ",", "")
            and self.mention_at(i) is None
            and self.text.low(i - 1) not in ("for", "and", "or", "the", "at", "of", ",", ":", "")
            and not self.above_all(i - 1) and i > chunk.start
            for i in range(chunk.start, chunk.end)
        )  # fmt: skip

    def _unread(self, i: int, end: int) -> bool:
        """Whether words of ranking follow a message that gave it no place: 'A leads the list'."""
        while self.text.low(i) in ("should", "must", "always", "will", "clearly", ","):
            i += 1
        if i >= end or self.text.low(i) not in (*COMPARING, *_PLACING):
            return False
        return not (self.above_all(i) or self.below_all(i))

    def _account(self, groups: list[list[int]]) -> None:
        """Every message that an entry names has an entry: none is lost inside another one's."""
        named = {self._named(self.items[group[0]]) for group in groups}
        for start, end, key in self.mentions:
            within = any(one.start <= start < one.end for one in self.items)
            if within and key not in named:
                said = self.text.words(start, end)
                raise Unclear(question=f"Where does '{said}' stand in the order? Number them.")

    def _named(self, chunk: Chunk) -> str | None:
        return next((m[2] for m in self.mentions if chunk.start <= m[0] < chunk.end), None)

    def _place_tops(self, ranked: bool) -> None:
        """Where places are said: 'A wins' is the first, 'A loses to everything' the last."""
        for k in self._top | self._bottom if ranked else ():
            if self.items[k].rank is None:
                rank = 1 if k in self._top else LAST
                self.items[k] = replace(self.items[k], rank=rank)

    def _groups(self) -> list[list[int]]:
        """The items by message, in the order in which each is first named."""
        found: dict[str, list[int]] = {}
        for k, chunk in enumerate(self.items):
            found.setdefault(self._named(chunk) or f"#{k}", []).append(k)
        return list(found.values())

    def _merged(self, group: list[int]) -> Chunk:
        first, *others = (self.items[k] for k in group)
        ranks = [chunk.rank for chunk in (first, *others) if chunk.rank is not None]
        return replace(first, also=tuple(others), rank=ranks[0] if ranks else None)

    def _by_places_alone(self, groups: list[list[int]]) -> list[list[int]] | None:
        """'A is for …, B for …. B goes first': the one order that the places tell."""
        ranks = [self.items[k].rank for group in groups for k in group if self.items[k].rank]
        if len(set(ranks)) < len(ranks):
            return None
        place = {k: g for g, group in enumerate(groups) for k in group}
        return self._only_order(groups, self._with_places(groups, place, set()))

    def _by_relations(self, groups: list[list[int]]) -> list[list[int]]:
        """In the only order that all that is said allows; asks where there are several."""
        place = {k: g for g, group in enumerate(groups) for k in group}
        told = {(place[a], place[b]) for a, b in self._above}
        alone = self._only_order(groups, self._with_places(groups, place, told))
        if alone is not None:
            return alone
        listed = {(place[a], place[b]) for a, b in self._all_pairs()}
        ordered = self._only_order(groups, self._with_places(groups, place, listed))
        if ordered is None:
            raise self._which_order()
        return ordered

    def _with_places(
        self, groups: list[list[int]], place: dict[int, int], above: set[tuple[int, int]]
    ) -> set[tuple[int, int]]:
        """Pairs of groups, the first before the second, with what places say of them."""
        tops = {place[k] for k in self._top}
        if len(tops) > 1:
            raise Unclear(question="Two messages come before all others: which goes first?")
        bottoms = {place[k] for k in self._bottom}
        above -= {(g, b) for g in bottoms for b in range(len(groups))}
        above |= {(g, b) for b in bottoms for g in range(len(groups)) if g != b}
        above |= {(t, g) for t in tops for g in range(len(groups)) if g != t}
        above -= {(g, t) for t in tops for g in range(len(groups))}
        return above | self._by_places(groups)

    def _only_order(
        self, groups: list[list[int]], above: set[tuple[int, int]]
    ) -> list[list[int]] | None:
        """The one order that all pairs allow; None where there are several, or none."""
        left, ordered = [*range(len(groups))], []
        while left:
            free = [g for g in left if not any((h, g) in above for h in left if h != g)]
            if len(free) != 1:
                return None
            ordered.append(groups[free[0]])
            left.remove(free[0])
        return ordered

    def _by_places(self, groups: list[list[int]]) -> set[tuple[int, int]]:
        """'A is second' beside 'B over C': what places say of groups."""
        ranks = {
            g: self.items[k].rank
            for g, group in enumerate(groups) for k in group if self.items[k].rank is not None
        }  # fmt: skip
        found: set[tuple[int, int]] = set()
        for g, rank in ranks.items():
            others = [one for one in range(len(groups)) if one != g]
            if rank == 1:
                found |= {(g, one) for one in others}
            elif rank == LAST or (rank or 0) >= len(groups):
                found |= {(one, g) for one in others}
            found |= {(g, h) for h, other in ranks.items() if (rank or 0) < (other or 0)}
        return found

    def _all_pairs(self) -> list[tuple[int, int]]:
        """What is said, and of items that no comparison connects, the order in which they stand."""
        turned = {(b, a) for a, b in self._above}
        listed = [
            (k, k + 1)
            for k in range(len(self.items) - 1)
            if (k, k + 1) not in turned
            and not self._new_comparison(k + 1)
            and not self._placed_apart(k)
        ]
        return [*self._above, *listed]

    def _placed_apart(self, k: int) -> bool:
        """Where both have a place, or one of them the last, how they stand says nothing."""
        one, other = self.items[k].rank, self.items[k + 1].rank
        return other is not None or one == LAST

    def _new_comparison(self, k: int) -> bool:
        """'A over B. C over A': a comparison after another begins anew, unless 'then' leads it."""
        begins = k in self._over and (k - 1, k) not in self._above
        again = (k, k - 1) not in self._above and not self.items[k].marked
        return begins and again and (k - 1) in self._over

    def _which_order(self) -> Unclear:
        """Asks for the order; sentences of a message each may be numbered as they stand."""
        return Unclear(
            question="In which order? Say 'A over B', 'first A, then B', or number them.",
            choices=in_some_order(self.text, self.mentions, [c.start for c in self.items])
            if not self._above
            else (),
        )

    def _sort(self) -> None:
        last = 0
        ordered = []
        for chunk in self.items:
            rank = chunk.rank if chunk.rank is not None else last + 1
            last = rank if rank < 99 else last
            ordered.append((rank, chunk))
        told = [chunk.rank for chunk in self.items]
        if BETWEEN in told and None in told:  # 'A is in the middle': between what?
            raise self._which_order()
        numbers = [rank for rank, _ in ordered]
        if len(set(numbers)) < len(numbers):
            raise Unclear(
                question="Two messages have the same place in the order: which goes first?"
            )
        self.items = [chunk for _, chunk in sorted(ordered, key=lambda pair: pair[0])]


def _relation(text: Text, i: int) -> Literal["over", "under"] | None:
    """How the words at a cut compare what stands before it with what follows."""
    kinds: tuple[tuple[tuple[tuple[str, ...], ...], Literal["over", "under"]], ...] = (
        (OVER, "over"), (UNDER, "under"),
    )  # fmt: skip
    if any(text.has(i, *words) for words in THEN_PHRASES):
        return None
    for words, kind in kinds:
        if any(text.has(i, *one) for one in words):
            return kind
    return None
