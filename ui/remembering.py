"""What a workspace remembers of its conversations: rules that people approved, answers that they
marked as right.

Both are verified under the definitions of their day. When a definition that they stand on
changes, they are verified no longer, and are not found until somebody approves or marks them anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter

from agent.conversation.held import Conversation
from agent.conversation.parts import content, refers
from agent.conversation.turn import Recalled
from agent.planners.port import CountQuestion, Drafted
from agent.redaction import redact
from control import conversations, marked, requests, versions
from control.hashing import content_hash
from control.marked import Marked
from control.people import Person
from core.conditions import Attribute, Condition, leaves
from core.errors import Code, refuse
from core.proposal import conditions_of
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.artifact_checks import refusals
from tools.propose import dependencies
from ui import data_changes

if TYPE_CHECKING:
    from agent.retrieval import Memory
    from ui.workspace import Workspace

DRAFT: TypeAdapter[Any] = TypeAdapter(Drafted)
_TIME = re.compile(r"\b(?P<which>last|this) (?P<unit>week|month|year)(?:'s)?\b", re.I)


class Verified(NamedTuple):
    """Something that people agreed on, with what it is found by."""

    id: str
    key: str
    names: frozenset[str]
    text: str
    at: datetime
    recalled: Recalled


def recalled(workspace: Workspace, memory: Memory, words: str) -> Sequence[Recalled]:
    """What words refer to, nearest first: every word of them has to name it."""
    known = {one.id: one for one in verified(workspace)}
    exact = [one.recalled for one in known.values() if one.key == words.strip().lower()]
    if exact:
        return exact[-1:]
    since, until, bare = _when(words, workspace.now())
    from agent.retrieval import Remembered

    near = memory.nearest(bare, [Remembered(one.id, one.text) for one in known.values()])
    found = [known[key] for key in near if since <= known[key].at < until]
    return [one.recalled for one in found if refers(bare, one.names)]


def verified(workspace: Workspace) -> list[Verified]:
    """All that is verified at this moment, oldest first."""
    return sorted((*_rules(workspace), *_answers(workspace)), key=lambda one: one.at)


def mark(workspace: Workspace, thread_id: str, person: Person) -> Marked:
    """Remember the last question of one's own thread as read rightly; refuses all else."""
    owner = conversations.owner_of(workspace.store, thread_id)
    held = Conversation.model_validate(conversations.held(workspace.store, thread_id))
    kept = held.pending
    is_rule = kept is not None and isinstance(kept.draft, EligibilityRule | DecisionPolicy)
    if owner != person.email or kept is None or kept.draft is None or is_rule:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "This conversation of yours has no question that could be marked as right.",
            span=thread_id,
            fix="Ask a question first; a rule is remembered once somebody approves it.",
        )
    conditions = _conditions(kept.draft)
    if _is_personal(conditions, workspace) or redact(kept.prompt).kinds:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "It names somebody, and nothing personal is remembered.",
            span=thread_id,
            fix="Ask it of people in general.",
        )
    draft = kept.draft.model_dump(mode="json")
    one = Marked(
        content_hash(draft)[:16], kept.prompt, draft, _definitions(workspace), person.email,
        workspace.now(),
    )  # fmt: skip
    return marked.mark(workspace.store, one)


def _rules(workspace: Workspace) -> Iterator[Verified]:
    """The newest verified version of every rule that people approved."""
    store, catalog = workspace.store, workspace.catalog
    live, fingerprints = versions.live(store), data_changes.fingerprints(workspace)
    audiences = versions.audiences(store)
    for version in versions.all_current(store):
        rule, request_id = version.artifact, version.change_request_id
        if request_id is None or _is_personal(conditions_of(rule), workspace):
            continue
        request = requests.get(store, request_id)
        now = dependencies(rule, catalog, live, fingerprints)
        if request.dependencies != now or any(refusals(rule, catalog, audiences)):
            continue
        said = f"like '{rule.name}', version {version.version}, approved for {request.author}"
        names = _names(rule, workspace) | {*content(version.key)}
        prompt = redact(request.prompt).text
        again = Recalled(rule, prompt, said, version.key)
        text = f"{rule.name} {version.key} {prompt}"
        yield Verified(
            f"rule:{version.key}:{version.version}", version.key, names, text,
            version.published_at, again,
        )  # fmt: skip


def _answers(workspace: Workspace) -> Iterator[Verified]:
    """Questions that were marked under the definitions that hold now."""
    definitions = _definitions(workspace)
    for one in marked.everything(workspace.store):
        if one.definitions != definitions:
            continue
        said = f"like '{one.question.splitlines()[0]}', marked as right by {one.author}"
        again = Recalled(DRAFT.validate_python(one.draft), one.question, said, one.id)
        names = frozenset(content(one.question))
        yield Verified(f"answer:{one.id}", one.id, names, one.question, one.marked_at, again)


def _definitions(workspace: Workspace) -> str:
    """A hash of the data contract: every name of the catalog and every model of a trait."""
    fingerprints = dict(data_changes.fingerprints(workspace))
    return content_hash([workspace.catalog.model_dump(mode="json"), fingerprints])


def _names(rule: EligibilityRule | DecisionPolicy, workspace: Workspace) -> frozenset[str]:
    actions = [rule.action] if isinstance(rule, EligibilityRule) else []
    phrases = [rule.name, rule.key.replace("_", " ")]
    for action in actions:
        if action is not None:
            phrases += workspace.catalog.action_phrases.get(action.key, ())
    return frozenset(word for phrase in phrases for word in content(phrase))


def _conditions(draft: Drafted) -> tuple[Condition, ...]:
    return (draft.population, draft.condition) if isinstance(draft, CountQuestion) else ()


def _is_personal(conditions: Sequence[Condition], workspace: Workspace) -> bool:
    columns = workspace.catalog.user_columns()
    named = [one for each in conditions for one in leaves(each) if isinstance(one, Attribute)]
    return any(columns[one.column].data_class != "public" for one in named if one.column in columns)


def _when(words: str, now: datetime) -> tuple[datetime, datetime, str]:
    """The period that words name ('last month's'), and the words without it."""
    found = _TIME.search(words)
    if found is None:
        return datetime.min, datetime.max, words
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {
        "week": midnight - timedelta(days=midnight.weekday()),
        "month": midnight.replace(day=1),
        "year": midnight.replace(month=1, day=1),
    }
    start = starts[found["unit"].lower()]
    bare = (words[: found.start()] + words[found.end() :]).strip()
    if found["which"].lower() == "this":
        return start, datetime.max, bare
    before = start - timedelta(days=1)
    units = {"week": start - timedelta(days=7), "month": before.replace(day=1)}
    first = units.get(found["unit"].lower(), before.replace(month=1, day=1))
    return first, start, bare
