"""Answers as the agent gives them, for pages to show: one of every kind."""

from __future__ import annotations

from core.artifacts import (
    AskResult,
    Cause,
    DebugReport,
    Delta,
    ExposureRow,
    Finding,
    FunnelRow,
    NextCheck,
    Overlap,
    Period,
    Preview,
    Required,
    SqlText,
    WaterfallStep,
    Winner,
)
from core.conditions import And, Attribute, EventCount, Filter, Op, Related, Rolling
from core.errors import Code, Refusal
from core.rules import (
    Action,
    DecisionPolicy,
    EligibilityRule,
    Entry,
    Holdout,
    StopCondition,
    Suppression,
)

AS_OF = "2026-11-22T00:00:00"
TRIAL = Attribute(column="current_subscription.status", value="trialing")
OPEN_TICKETS = Related(entity="ticket", where=(Filter(column="status", value="open"),))
NO_OPEN_TICKETS = Related(
    entity="ticket", where=(Filter(column="status", value="open"),), op=Op.EQ, n=0
)
NUDGE = Action(
    key="upgrade_nudge",
    name="Upgrade nudge",
    channels=("push", "email"),
    goal_event="subscription_started",
)

RULE = EligibilityRule(
    key="upgrade_nudge",
    name="Upgrade nudge",
    condition=And(
        of=(
            EventCount(event="workout_completed", n=3),
            EventCount(event="pricing_viewed"),
            NO_OPEN_TICKETS,
        )
    ),
    action=NUDGE,
    assumptions=("No window was given: workouts are counted over all time.",),
    holdout=Holdout(share=0.1, salt="upgrade_nudge"),
)
RULE_PREVIEW = Preview(
    population="all users",
    population_size=19_874,
    audience_size=3_412,
    reachable_size=2_790,
    as_of=AS_OF,
    waterfall=(
        WaterfallStep(clause="at least 3 workout completed", remaining=9_120),
        WaterfallStep(clause="at least 1 pricing viewed", remaining=3_790),
        WaterfallStep(clause="no open ticket", remaining=3_412),
    ),
    overlap=(Overlap(key="win_back", users=611, share=0.179),),
)
FINDINGS = (
    Finding(
        policy="sensitive_attribute",
        severity="warn",
        message="The rule reads personal data: fct_support.status.",
        fix="Check that the team may use it for this purpose.",
    ),
    Finding(
        policy="default_used", severity="info", message="No holdout was named: 10% by default."
    ),
)
RULE_SQL = SqlText(
    id="q1",
    purpose="Audience of upgrade_nudge",
    dialect="duckdb",
    text="SELECT user_id\nFROM facts\nWHERE workouts >= 3\n  AND pricing_views >= 1",
)

ELIGIBILITY = AskResult(
    thread_id="t",
    intent="eligibility",
    status="answered",
    planner="grammar",
    answer="The rule reaches **3,412 people** today; **2,790** of them can be reached. "
    "It holds back **378 people** who have an open ticket.",
    artifact=RULE,
    sql=(RULE_SQL,),
    required=Required(
        events=("workout_completed", "pricing_viewed"), columns=("fct_support.status",)
    ),
    assumptions=RULE.assumptions,
    edge_cases=("41 users completed 3 workouts only on a shared device.",),
    preview=RULE_PREVIEW,
    findings=FINDINGS,
)

POLICY = DecisionPolicy(
    key="trial_priorities",
    name="Trial priorities",
    population=TRIAL,
    entries=(
        Entry(
            tier=1,
            action=Action(key="second_workout", name="Second workout help", channels=("push",)),
            eligibility=EventCount(event="workout_completed", op=Op.LT, n=2),
        ),
        Entry(
            tier=2,
            action=Action(
                key="support_follow_up",
                name="Support follow-up",
                channels=("email",),
                message_class="service",
            ),
            eligibility=OPEN_TICKETS,
        ),
        Entry(
            tier=3,
            action=NUDGE,
            eligibility=EventCount(event="pricing_viewed", window=Rolling(seconds=30 * 86_400)),
        ),
    ),
    suppressions=(
        Suppression(
            key="open_ticket",
            name="An open support ticket",
            when=OPEN_TICKETS,
            actions=("upgrade_nudge",),
        ),
    ),
    stop_conditions=(
        StopCondition(
            key="done",
            name="Second workout completed",
            when=EventCount(event="workout_completed", n=2),
            actions=("second_workout",),
        ),
        StopCondition(
            key="converted",
            name="Subscription started",
            when=EventCount(event="subscription_started"),
        ),
    ),
    cooldown_seconds=86_400,
    holdout=Holdout(share=0.1, salt="trial_priorities"),
)
DECISION = AskResult(
    thread_id="t",
    intent="decision",
    status="answered",
    planner="grammar",
    answer="**1,204 trial users** would get one of three messages, the first that fits.",
    artifact=POLICY,
    sql=(RULE_SQL,),
    edge_cases=(
        "312 trial users are in no entry.",
        "57 users have a trial end in the past but the status trialing.",
    ),
    preview=Preview(
        population="status is trialing",
        population_size=1_690,
        audience_size=1_378,
        reachable_size=1_204,
        as_of=AS_OF,
        winners=(
            Winner(
                entry="second_workout",
                tier=1,
                eligible=702,
                selected=590,
                suppressed=34,
                held_out=78,
                lost=0,
            ),
            Winner(
                entry="support_follow_up",
                tier=2,
                eligible=151,
                selected=88,
                suppressed=0,
                held_out=15,
                lost=48,
            ),
            Winner(
                entry="upgrade_nudge",
                tier=3,
                eligible=911,
                selected=526,
                suppressed=61,
                held_out=91,
                lost=233,
            ),
        ),
        no_entry=312,
    ),
    findings=FINDINGS[1:],
)


def _funnel() -> tuple[FunnelRow, ...]:
    rates = {
        ("iOS", "before"): (0.448, 0.431, 0.53, 0.40),
        ("iOS", "now"): (0.446, 0.428, 0.21, 0.43),
        ("Android", "before"): (0.42, 0.418, 0.531, 0.43),
        ("Android", "now"): (0.421, 0.419, 0.534, 0.428),
    }
    steps = ("workout_completed", "pricing_viewed", "checkout_started", "subscription_started")
    return tuple(
        FunnelRow(
            step=step,
            segment=segment,
            period=period,
            entered=1000,
            converted=int(1000 * rate),
            rate=rate,
            ci_low=rate - 0.03,
            ci_high=rate + 0.03,
            sql="q2",
        )
        for (segment, period), numbers in rates.items()
        for step, rate in zip(steps, numbers, strict=True)
    )


REPORT = DebugReport(
    verdict="iOS trial-to-upgrade fell from 4.1% to 3.1%. Most of it is one step: the checkout.",
    metric="trial_conversion",
    periods=(
        Period(name="before", start="2026-11-08T00:00:00", end="2026-11-15T00:00:00"),
        Period(name="now", start="2026-11-15T00:00:00", end="2026-11-22T00:00:00"),
    ),
    segments=("iOS", "Android"),
    as_of=AS_OF,
    funnel=_funnel(),
    deltas=(
        Delta(
            step="workout_completed",
            segment="iOS",
            change=-0.002,
            ci_low=-0.03,
            ci_high=0.026,
            significant=False,
        ),
        Delta(
            step="workout_completed",
            segment="Android",
            change=0.001,
            ci_low=-0.03,
            ci_high=0.03,
            significant=False,
        ),
        Delta(
            step="checkout_started",
            segment="iOS",
            change=-0.154,
            ci_low=-0.19,
            ci_high=-0.12,
            significant=True,
        ),
        Delta(
            step="checkout_started",
            segment="Android",
            change=0.003,
            ci_low=-0.03,
            ci_high=0.034,
            significant=False,
        ),
        Delta(
            step="subscription_started",
            segment="iOS",
            change=0.036,
            ci_low=0.002,
            ci_high=0.07,
            significant=True,
        ),
        Delta(
            step="subscription_started",
            segment="Android",
            change=-0.002,
            ci_low=-0.04,
            ci_high=0.036,
            significant=False,
        ),
    ),
    exposure=(
        ExposureRow(
            segment="iOS",
            period="before",
            users=5210,
            selected=610,
            sent=600,
            delivered=588,
            suppressed=40,
            held_out=66,
            per_user=0.113,
            sql="q3",
        ),
        ExposureRow(
            segment="iOS",
            period="now",
            users=5180,
            selected=601,
            sent=590,
            delivered=577,
            suppressed=44,
            held_out=64,
            per_user=0.111,
            sql="q3",
        ),
    ),
    causes=(
        Cause(
            rank=1,
            cause="Checkout fails to open on iOS 8.4.0",
            kind="release",
            dimension="app_version",
            value="8.4.0",
            explained=0.78,
            confidence="high",
            evidence=(
                "On 8.4.0 the checkout step is 21%, on 8.3.x it is 53%.",
                "checkout_failed rose from 3 to 1,140 a day from the hour of the release.",
            ),
            next_check=NextCheck(
                title="Split by app version",
                sql="SELECT app_version, count(*)\nFROM fct_events\nGROUP BY ALL",
            ),
        ),
        Cause(
            rank=2,
            cause="Fewer upgrade nudges sent on iOS",
            kind="exposure",
            dimension=None,
            value=None,
            explained=0.04,
            confidence="low",
            evidence=("Delivered messages per user went from 0.113 to 0.111.",),
            next_check=NextCheck(title="Compare with the holdout", sql="SELECT 1"),
        ),
    ),
    ruled_out=("A mix shift of utm_source: re-weighting moves conversion by 0.03 pp.",),
    data_quality=("Events are complete up to 22 Nov 00:00 on both platforms.",),
)
DEBUG = AskResult(
    thread_id="t",
    intent="debug",
    status="answered",
    planner="grammar",
    answer=REPORT.verdict,
    artifact=REPORT,
    sql=(RULE_SQL,),
)

CLARIFY = AskResult(
    thread_id="t",
    intent="clarify",
    status="needs_clarification",
    planner="grammar",
    answer="One thing changes who is meant, so I will not guess it.",
    questions=("Which workouts count: any, or saved ones only?",),
)
REFUSED = AskResult(
    thread_id="t",
    intent="refused",
    status="refused",
    planner="grammar",
    answer="I cannot draft this.",
    refusals=(
        Refusal(
            code=Code.UNKNOWN_EVENT,
            message="The catalog has no event 'workout_shared'.",
            span="workout_shared",
            fix="Did you mean workout_saved or workout_started?",
        ),
    ),
)
