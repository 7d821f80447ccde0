"""An eligibility prompt becomes an EligibilityRule, with every assumption as a sentence."""

from __future__ import annotations

from datetime import datetime

from agent.planners.defaults import about_channels, holdout_of, slug
from agent.planners.grammar.beginnings import begun, stated
from agent.planners.grammar.caps import refuse_cap
from agent.planners.grammar.contradiction import contradiction
from agent.planners.grammar.doubt import choices
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear, all_of, refused
from agent.planners.grammar.openings import opened
from agent.planners.grammar.phrasing import phrased
from agent.planners.grammar.reading import Reader, Reading
from agent.planners.grammar.remarks import without_remarks
from agent.planners.grammar.rewording import there_is
from agent.planners.grammar.shorthand import in_sentences
from agent.planners.grammar.synonyms import said_otherwise
from agent.planners.grammar.words import Text
from agent.planners.port import Plan
from core.conditions import EVERYONE, Condition, leaves
from core.errors import Code
from core.rules import Action, EligibilityRule
from warehouse.catalog import Catalog


def plan_eligibility(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """The rule that the text describes; raises Unclear where it cannot be read."""
    refuse_cap(text)
    text, remarks = without_remarks(stated(text, lexicon), lexicon)
    text = there_is(in_sentences(begun(text, lexicon), lexicon))
    text, reasons = opened(text, lexicon)
    text, others = said_otherwise(phrased(text, lexicon), lexicon, as_of)
    notes = [*notes, *remarks, *reasons, *others]
    notes_only = not any(lexicon.is_person(text, i) for i in range(len(text)))
    reading = Reader(text, lexicon, as_of, notes_only=notes_only).read()
    condition = reading.condition(text)
    if reading.questions:
        question = reading.questions[0]
        raise Unclear(question=question, choices=choices(question, text.source))
    population = all_of(reading.population) if reading.population else EVERYONE
    if condition == EVERYONE and population != EVERYONE:
        condition, population = population, EVERYONE
    if condition == EVERYONE and not reading.everyone:
        raise Unclear(
            question="Who is meant? Say what users did or did not do, for example "
            f"'users who {_example(lexicon)}', or say 'all users'."
        )
    problem = contradiction(all_of([population, condition]), lexicon.catalog, text.source)
    if problem is not None:
        raise Unclear(refusal=problem)
    return _plan(reading, population, condition, lexicon.catalog, notes)


def _example(lexicon: Lexicon) -> str:
    name, event = next(iter(lexicon.catalog.events.items()))
    return f"did {event.phrases[0] if event.phrases else name} in the last 14 days"


def _plan(
    reading: Reading,
    population: Condition,
    condition: Condition,
    catalog: Catalog,
    notes: list[str],
) -> Plan:
    action = with_channels(reading, catalog)
    key = action.key if action else slug(_words_of(condition, catalog))
    holdout, said = holdout_of(reading.holdout, key, catalog)
    assumptions = [*notes, *reading.notes, *_about_action(reading, action), said]
    rule = EligibilityRule(
        key=key,
        name=action.name if action else key.replace("_", " ").capitalize(),
        population=population,
        condition=condition,
        action=action,
        assumptions=tuple(dict.fromkeys(assumptions)),
        holdout=holdout,
    )
    return Plan(intent="eligibility", draft=rule, assumptions=rule.assumptions)


def _words_of(condition: Condition, catalog: Catalog) -> str:
    names = [
        getattr(leaf, attribute).rsplit(".", 1)[-1]
        for leaf in leaves(condition)
        for attribute in ("event", "name", "entity", "column", "key", "channel", "first")
        if hasattr(leaf, attribute)
    ]
    return "_".join(["audience", *dict.fromkeys(names)])[:48]


def with_channels(reading: Reading, catalog: Catalog) -> Action | None:
    """The action with the channels that the prompt names."""
    action = reading.action
    if action is None and reading.channels:
        defaults = catalog.defaults
        action = Action(
            key=f"{reading.channels[0]}_message",
            name=f"Message by {catalog.channels[reading.channels[0]].phrases[0]}",
            message_class=defaults.message_class,
            channels=reading.channels,
            expires_after_seconds=defaults.expires_after_seconds,
        )
        reading.action_words = ""
    if action is None:
        return None
    channels = reading.channels or action.channels
    channels = tuple(name for name in channels if name not in reading.excluded_channels)
    if not channels:
        raise refused(
            Code.CONTRADICTION,
            f"No channel is left for '{action.name}'.",
            span=", ".join(reading.excluded_channels),
            fix=f"Name another channel: {', '.join(sorted(catalog.channels))}.",
        )
    return action.model_copy(update={"channels": channels})


def _about_action(reading: Reading, action: Action | None) -> list[str]:
    if action is None:
        return ["No message was named: the rule is an audience that other rules may use."]
    named = reading.channels or reading.excluded_channels
    return [] if named else [about_channels(action)]
