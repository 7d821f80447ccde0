"""What named columns and values mean for the rows that are counted: groups, filters, users."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent.planners.grammar.asking import ACTIVITY, AMOUNT
from agent.planners.grammar.meaning import Unclear, all_of, refused
from agent.planners.grammar.questions.columns import Columns
from agent.planners.grammar.questions.slots import Asked, Named, Sense, ValuesSaid
from agent.planners.grammar.questions.things import Thing
from agent.planners.grammar.questions.unknown import vague
from core.conditions import EVERYONE, Attribute, Condition, Filter, Op, Trait
from core.errors import Code
from core.questions import Dimension


@dataclass(slots=True)
class Frame:
    """Groups and limits of one question, for one kind of rows."""

    by: list[Dimension] = field(default_factory=list)
    where: list[Filter] = field(default_factory=list)
    who: list[Condition] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def users(self) -> Condition:
        """Everything that limits whose rows count."""
        return all_of(self.who) if self.who else EVERYONE


def frame_of(asked: Asked, owner: str, thing: Thing | None, columns: Columns) -> Frame:
    """Groups, filters and users of a question over rows of an owner; raises Unclear where a name
    is none of theirs."""
    frame = Frame(who=[*asked.people])
    for named in asked.by:
        _group(named, owner, columns, frame)
    for of, column, value in thing.adjectives if thing is not None else ():
        _limit((of, column), (value,), False, frame)
    for said in asked.values:
        _values(said, asked, owner, columns, frame)
    if len(frame.by) + (asked.grain is not None) > 2:
        raise Unclear(question="By which two of these? A question is split by two things at most.")
    return frame


def _group(named: Named, owner: str, columns: Columns, frame: Frame) -> None:
    sense = _sense(named.senses, owner, columns)
    if sense is None:
        raise refused(
            Code.UNKNOWN_COLUMN,
            f"What is counted here has no '{named.words}' to be split by.",
            span=named.words,
            fix=_groups_there_are(owner, columns),
        )
    column = columns.column(sense)
    if column is not None and column.type == "number":
        raise Unclear(
            question=f"'{named.words}' is a number with many values: split by it in which ranges?"
        )
    frame.by.append(Dimension(kind=_kind(sense), name=sense[1]))
    if sense[0] == "" and sense[1].replace("_", " ") != named.words.lower():
        frame.notes.append(f"'{named.words}' is the user's {sense[1]}.")


def _sense(senses: tuple[Sense, ...], owner: str, columns: Columns) -> Sense | None:
    """The rows' own column first, then the user's, a trait, a column of what a user has one of."""
    for wanted in (owner, "", "trait"):
        found = next((one for one in senses if one[0] == wanted), None)
        if found is not None:
            return found
    to_one = [one for one in senses if columns.world.to_one(one[0])]
    return ("", f"{to_one[0][0].removeprefix('entity:')}.{to_one[0][1]}") if to_one else None


def _kind(sense: Sense) -> Literal["user", "trait", "row"]:
    match sense[0]:
        case "":
            return "user"
        case "trait":
            return "trait"
        case _:
            return "row"


def _groups_there_are(owner: str, columns: Columns) -> str:
    kind, _, name = owner.partition(":")
    catalog = columns.catalog
    own = {
        "event": lambda: catalog.events[name].properties,
        "entity": lambda: catalog.entities[name].columns,
    }.get(kind, dict)()
    listed = [
        key
        for key, column in {**own, **catalog.user_columns()}.items()
        if column.values or (column.phrases and column.type in ("string", "boolean", "integer"))
        if column.data_class == "public"
    ]
    return f"Split it by {', '.join(listed[:8])}."


def _values(said: ValuesSaid, asked: Asked, owner: str, columns: Columns, frame: Frame) -> None:
    sense = _sense(tuple(said.senses), owner, columns)
    of_user = sense is None or sense[0] != owner
    if of_user and said.words.lower() in ACTIVITY | AMOUNT:
        raise vague(said.words, columns.world)
    if sense is None:
        raise refused(
            Code.NOT_UNDERSTOOD,
            f"'{said.words}' says nothing of what is counted here.",
            span=said.words,
            fix="Name a value of the rows or of the users.",
        )
    entity, _, column = sense[1].rpartition(".")
    values = said.senses[(f"entity:{entity}", column) if entity else sense]
    if sense[0] == "" and columns.world.userless(owner) and columns.column((owner, sense[1])):
        # Rows of no user have the column themselves: spending by country.
        sense = (owner, sense[1])
    if len(said.senses) > 1 and owner != sense[0] and _doubtful(said, sense):
        others = ", ".join(sorted(name for _, name in said.senses))
        raise Unclear(question=f"Which of these is '{said.words}': {others}?")
    grouped = next((k for k, one in enumerate(frame.by) if one.name == sense[1]), None)
    split = said.joined == "versus" or (said.joined == "and" and asked.compares)
    if grouped is not None and not said.excluded:
        frame.by[grouped] = frame.by[grouped].model_copy(update={"values": _typed(values)})
    elif split:
        frame.by.append(Dimension(kind=_kind(sense), name=sense[1], values=_typed(values)))
    elif said.joined == "and" and not said.excluded and _no_count(asked):
        raise Unclear(
            question=f"'{said.words}': all together, or each for itself? Say 'or' for together, "
            "'versus' for each."
        )
    else:
        if said.joined == "and" and not said.excluded:
            frame.notes.append(f"'{said.words}' are counted together; say 'versus' for each.")
        _limit(sense, values, said.excluded, frame)


def _no_count(asked: Asked) -> bool:
    """Rates and averages of several values are rarely meant together."""
    return bool(asked.rates or asked.metrics or asked.function or asked.share)


def _doubtful(said: ValuesSaid, sense: Sense) -> bool:
    same_owner = [one for one in said.senses if one[0] == sense[0]]
    return len(same_owner) > 1


def _limit(sense: Sense, values: tuple[str, ...], excluded: bool, frame: Frame) -> None:
    owner, name = sense
    op = (Op.NOT_IN if excluded else Op.IN) if len(values) > 1 else Op.NE if excluded else Op.EQ
    typed = _typed(values)
    value = typed if len(values) > 1 else typed[0]
    if owner == "":
        frame.who.append(Attribute(column=name, op=op, value=value))
    elif owner == "trait":
        frame.who.append(Trait(name=name, op=op, value=value))
    else:
        frame.where.append(Filter(column=name, op=op, value=value))


def _typed(values: tuple[str, ...]) -> tuple[str | bool, ...]:
    known = {"true": True, "false": False}
    return tuple(known.get(value, value) for value in values)
