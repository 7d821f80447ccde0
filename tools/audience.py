"""Who a rule would reach, and who would get what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.tools import BaseTool, tool

from control import versions
from control.hashing import content_hash
from control.versions import Version
from core.artifacts import Finding, Preview, Required
from core.conditions import (
    And,
    Condition,
    Frozen,
)
from core.errors import PilothouseError
from core.policies import Risk, findings, risk
from core.proposal import Proposal, actions_of, conditions_of
from core.rules import DecisionPolicy, EligibilityRule, FrequencyCap
from orchestrate import audience_counts
from orchestrate.artifact_checks import refusals
from orchestrate.edge_cases import edge_cases
from orchestrate.everybody import look
from orchestrate.input_ages import input_ages
from orchestrate.policy_checks import spelled_out, unpinned
from orchestrate.proxies import associations
from orchestrate.simulation import Artifact, simulate, simulation
from orchestrate.winners import winners_sql
from tools.context import Refused, ToolContext, refused
from tools.sending_facts import sending_facts, tables_read
from tools.small_groups import told_count
from warehouse.catalog import Catalog
from warehouse.compile import (
    Audiences,
    compile_audience,
    data_classes,
    required,
)
from warehouse.wording import duration


class Simulated(Frozen):
    """What a rule would do, what it reads, and what the guardrail policies say."""

    preview: Preview
    required: Required
    findings: tuple[Finding, ...]
    edge_cases: tuple[str, ...]
    risk: Risk
    sql: str
    """The rule's own query: who is meant; for a policy, also which action wins."""


class Counted(Frozen):
    """How many users meet a condition, and the query that counted them; few are not told."""

    users: int | str
    of: int | str
    preview: Preview | None
    notes: tuple[str, ...]
    """What is withheld, and why."""
    required: Required
    sql: str


def audience_tools(context: ToolContext) -> tuple[BaseTool, ...]:
    """``preview_audience``, ``simulate`` and ``count_users``."""

    def answered(artifact: Artifact) -> Simulated | Refused:
        try:
            return simulated(artifact, context)
        except PilothouseError as error:
            return refused(error)

    @tool
    def preview_audience(rule: EligibilityRule) -> Simulated | Refused:
        """Count who an eligibility rule reaches today, without sending anything.

        Returns audience and reachable size, how many remain after each condition, overlap with
        live rules, what the rule reads, its SQL and the guardrail findings; or refusals.
        """
        return answered(rule)

    @tool("simulate")
    def simulate_policy(policy: DecisionPolicy) -> Simulated | Refused:
        """Count which entry of a decision policy would take each user today, without sending.

        Returns per entry who is eligible, selected, suppressed, held out or lost to a higher
        entry, users in no entry, edge cases found in the data and the guardrail findings.
        """
        return answered(policy)

    @tool
    def count_users(population: Condition, condition: Condition) -> Counted | Refused:
        """Count the users of a population who meet a condition.

        Returns the sizes and how many remain after each condition, or refusals. Numbers of few
        users are withheld.
        """
        try:
            return _counted(population, condition, context)
        except PilothouseError as error:
            return refused(error)

    return preview_audience, simulate_policy, count_users


def simulated(
    artifact: Artifact, context: ToolContext, audiences: Audiences | None = None
) -> Simulated:
    """Run a checked rule on the data and hold it against the guardrails; nothing is sent.

    ``audiences``: what the rules that it names mean; those in force by default.
    Refuses what cannot be decided on.
    """
    as_of, audiences = context.as_of, audiences or versions.audiences(context.store)
    live = versions.live(context.store)
    preview, people = _counted_once(artifact, context, audiences, live)
    cases: tuple[str, ...] = ()
    if isinstance(artifact, DecisionPolicy):
        in_data = edge_cases(
            artifact,
            context.runner,
            context.catalog,
            as_of=as_of,
            preview=preview,
            audiences=audiences,
        )
        cases = (*artifact.edge_cases, *in_data)
    proposal = _proposal(artifact, context, preview, people, audiences)
    found = findings(proposal)
    result = Simulated(
        preview=preview,
        required=proposal.required,
        findings=found,
        edge_cases=cases,
        risk=risk(found, preview),
        sql=_own_sql(artifact, context, audiences),
    )
    context.seen[_hashed(artifact)] = result
    return result


def seen(artifact: Artifact, context: ToolContext) -> Simulated:
    """What was simulated of a rule for this prompt; it is, where nothing was.

    Refuses names that the catalog lacks, and what cannot be decided on.
    """
    known: Simulated | None = context.seen.get(_hashed(artifact))
    if known is None:
        for refusal in refusals(artifact, context.catalog, versions.audiences(context.store)):
            raise PilothouseError(refusal)
        known = simulated(artifact, context)
    return known


def _hashed(artifact: Artifact) -> str:
    """A rule by its hash; the edge cases that are found in the data are told of it afterwards."""
    return content_hash(artifact.model_dump(mode="json", exclude={"edge_cases"}))


def _proposal(
    artifact: Artifact,
    context: ToolContext,
    preview: Preview,
    people: audience_counts.Counted,
    audiences: Audiences,
) -> Proposal:
    """What guardrail policies look at: what was simulated, and what it rests on."""
    catalog, runner, as_of = context.catalog, context.runner, context.as_of
    conditions = conditions_of(artifact)
    reads = required_of(artifact, catalog, audiences)
    classes = data_classes(conditions, catalog, audiences)
    around, late = context.surroundings, context.surroundings.policies.late_inputs
    ages = input_ages(tables_read(reads, catalog), runner, catalog, as_of=as_of, times=late)
    return Proposal(
        artifact=artifact,
        required=reads,
        preview=preview,
        defaults_used=defaults_used(artifact, catalog),
        spelled_out=spelled_out(artifact, catalog, audiences),
        unpinned=unpinned(conditions, catalog, audiences),
        entries=people.entries,
        inputs=(*ages, *around.trait_inputs(reads.traits)),
        associations=associations(conditions, runner, catalog, as_of=as_of, audiences=audiences),
        **sending_facts(
            artifact.key, actions_of(artifact), reads, classes, people, catalog, around
        ),
    )


def _counted_once(
    artifact: Artifact, context: ToolContext, audiences: Audiences, live: Sequence[Version]
) -> tuple[Preview, audience_counts.Counted]:
    """What a rule would do and what guardrail policies count, in the same pass over everybody."""
    ours = simulation(artifact, context.catalog, live)
    theirs = audience_counts.Counting(artifact, context.catalog, live, audiences)
    purpose = f"what {artifact.key} would do, and whom it means"
    look([ours, theirs], context.runner, as_of=context.as_of, purpose=purpose, audiences=audiences)
    return ours.preview(context.as_of), theirs.counted()


def _preview(
    artifact: Artifact, context: ToolContext, audiences: Audiences, live: Sequence[Version]
) -> Preview:
    return simulate(
        artifact,
        context.runner,
        context.catalog,
        as_of=context.as_of,
        live=live,
        audiences=audiences,
    )


def _counted(population: Condition, condition: Condition, context: ToolContext) -> Counted:
    audiences = versions.audiences(context.store)
    both = And(of=(population, condition))
    asked = EligibilityRule(key="question", name="Question", condition=both)
    preview = _preview(asked, context, audiences, versions.live(context.store))
    return Counted(
        **told_count(preview, context.smallest_group)._asdict(),
        required=required_of(asked, context.catalog, audiences),
        sql=_own_sql(asked, context, audiences),
    )


def defaults_used(artifact: Artifact, catalog: Catalog) -> tuple[str, ...]:
    """What the workspace's defaults fill in, one sentence each."""
    defaults = catalog.defaults
    actions = actions_of(artifact)
    if not actions:
        return ()
    said = []
    holdout = artifact.holdout
    if holdout and holdout.share == defaults.holdout_share:
        # Only the planner knows whether the prompt asked for this share or left it open.
        said += [one for one in artifact.assumptions if one.endswith("no holdout was named.")]
    if all(action.expires_after_seconds == defaults.expires_after_seconds for action in actions):
        said.append(
            f"A decision expires after {duration(defaults.expires_after_seconds)} (default)."
        )
    if all(action.message_class == defaults.message_class for action in actions):
        said.append(f"It is {defaults.message_class}: consent is needed (default).")
    contact = defaults.contact_policy
    caps = " and ".join(_said(cap) for cap in contact.caps if cap.n is not None) or "no cap"
    said.append(f"The contact policy '{contact.key}' applies: {caps} (default).")
    return tuple(said)


def _said(cap: FrequencyCap) -> str:
    noun = "message" if cap.n == 1 else "messages"
    kind = " ".join(word for word in (cap.message_class, noun) if word)
    which = [f" by {cap.channel}"] if cap.channel else []
    which += [f" of the group {cap.group}"] if cap.group else []
    span = f"a calendar {cap.calendar}" if cap.calendar else duration(cap.window_seconds)
    return f"at most {cap.n} {kind}{''.join(which)} in {span}"


def scores_of(artifact: Artifact) -> set[str]:
    """The traits by which a policy ranks."""
    entries = artifact.entries if isinstance(artifact, DecisionPolicy) else ()
    return {entry.score for entry in entries if entry.score}


def required_of(artifact: Artifact, catalog: Catalog, audiences: Audiences) -> Required:
    """Every trait, event and column that an artifact reads, those of named audiences included."""
    parts = [required(one, catalog, audiences) for one in conditions_of(artifact)]
    traits = {name for part in parts for name in part.traits} | scores_of(artifact)
    return Required(
        traits=tuple(sorted(traits)),
        events=tuple(sorted({name for part in parts for name in part.events})),
        columns=tuple(sorted({name for part in parts for name in part.columns})),
    )


def _own_sql(artifact: Artifact, context: ToolContext, audiences: Audiences) -> str:
    scope: dict[str, Any] = {
        "as_of": context.as_of,
        "population": artifact.population,
        "audiences": audiences,
    }
    if isinstance(artifact, EligibilityRule):
        return compile_audience(artifact.condition, context.catalog, **scope)
    return winners_sql(artifact, context.catalog, **scope)
