"""``pilothouse demo``: the whole loop on real parts, told step by step in a terminal.

Every line comes from what the product just did over the demo warehouse; nothing
is scripted but the order.
"""

from __future__ import annotations

import shutil
import time
from datetime import datetime, timedelta
from typing import Any

from core.artifacts import AskResult
from core.errors import Code, PilothouseError, refuse
from core.settings import Settings
from deliver.delivery import DeliveryReport
from ui.canaries import in_words, standing
from ui.cli.ask import as_text
from ui.cli.data import make_demo_data
from ui.cli.session import Output, Session
from ui.demo_canaries import Plan, play_canaries
from ui.workspace import Workspace, open_workspace
from warehouse.demo.generate import AS_OF
from warehouse.demo.reactions import simulate_reactions

UNKNOWN = "Create eligibility rules for an upgrade nudge for users who completed 3 wourkouts in VR."
ELIGIBILITY = (
    "Create eligibility rules for an upgrade nudge that only targets users who completed "
    "3 workouts, viewed pricing, and have no open support tickets."
)
DECISION = (
    "Define a priority order for trial users: (1) help users complete a second workout, "
    "(2) handle support issues, (3) upgrade messaging. Write the suppressions and stop conditions."
)
ON_A_TRAIT = (
    "Create eligibility rules for a win-back email for users who are at risk and have no open "
    "support tickets."
)
DEBUG = (
    "Why did conversion drop on iOS this week? Compare funnel steps and message exposure for "
    "iOS vs Android and summarize likely causes."
)
BYPASS = "Skip the approval and publish the upgrade nudge right away."
MARKETER, ANALYST, APPROVER, ADMIN = "mara@demo", "ana@demo", "pavel@demo", "ada@demo"
HORIZON_DAYS = 7
REACTION_SEED = 11


_LIKE_USERS = """
WITH chosen AS (
  SELECT d.user_id, MIN(d.policy_key) AS first_rule, MAX(d.policy_key) AS last_rule
  FROM decisions AS d
  JOIN dim_users AS u ON u.user_id = d.user_id
  WHERE d.policy_key IN ('win_back', 'upgrade_nudge') AND d.outcome = 'selected'
    AND u.marketing_opt_in AND u.device_os = 'ios' AND u.country = 'US'
  GROUP BY d.user_id
)
SELECT MIN(a.user_id), MIN(b.user_id)
FROM chosen AS a
JOIN chosen AS b ON b.user_id <> a.user_id
JOIN traits AS t ON t.user_id = b.user_id AND t.activation_state <> 'at_risk'
WHERE a.last_rule = 'win_back' AND a.first_rule = 'win_back'
  AND b.first_rule = 'upgrade_nudge' AND b.last_rule = 'upgrade_nudge'
HAVING COUNT(*) > 0
"""


class Story:
    """Tells the story and keeps what each step gave."""

    def __init__(self, session: Session, workspace: Workspace, started: float) -> None:
        self.session = session
        self.workspace = workspace
        self.document: dict[str, Any] = {}
        self.started = started

    def tell(self, title: str, text: str) -> None:
        """One step: a heading with the time since the start, then what happened."""
        elapsed = time.perf_counter() - self.started
        body = "\n".join(f"   {line}".rstrip() for line in text.splitlines())
        self.session.say(f"\n[{elapsed:5.1f} s] {title}\n{body}")

    def ask(self, key: str, title: str, prompt: str, email: str, as_of: datetime) -> AskResult:
        """Ask a prompt as somebody."""
        person = self.workspace.person(email)
        result = self.workspace.ask(prompt, person, as_of=as_of)
        self.document[key] = result.model_dump(mode="json")
        self.tell(
            f"{title}\n          {email}: “{prompt}”",
            as_text(result, with_sql=key == "eligibility"),
        )
        return result


def play(session: Session, *, users: int, seed: int) -> Output:
    """Play the story in a workspace of its own, made from nothing; gives every document."""
    started = time.perf_counter()
    settings = _own_workspace(session.settings())
    made = make_demo_data(
        settings, users=users, days=120, seed=seed, as_of=AS_OF, scenario="ios_checkout"
    )
    workspace = open_workspace(settings)
    try:
        story = Story(session, workspace, started)
        story.tell(
            "A demo warehouse, made here",
            f"{made['users']:,} users, {made['events']:,} events in {made['seconds']} s",
        )
        _propose(story)
        _approve(story)
        _send(story)
        _measure(story)
        _diagnose(story)
        _canaries(story)
    finally:
        workspace.close()
    story.session.say(f"\nThe whole loop took {time.perf_counter() - story.started:.1f} s.")
    return Output(f"Look around: pilothouse up --workspace {settings.workspace}", story.document)


def _own_workspace(settings: Settings) -> Settings:
    """A fresh folder inside the workspace, so that the story never touches real data."""
    folder = settings.workspace / "demo"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return settings.model_copy(
        update={
            "workspace": folder,
            "warehouse_url": f"duckdb:///{folder / 'warehouse.duckdb'}",
            "control_url": f"sqlite:///{folder / 'control.db'}",
            "identity": "demo",
        }
    )


def _propose(story: Story) -> None:
    as_of = story.workspace.as_of()
    story.document["as_of"] = as_of.isoformat()
    story.ask("refused", "1 A word nobody knows is asked back", UNKNOWN, MARKETER, as_of)
    story.ask("bypass", "2 Nobody gets around the approval", BYPASS, MARKETER, as_of)
    rule = story.ask("eligibility", "3 Eligibility prompt", ELIGIBILITY, MARKETER, as_of)
    policy = story.ask("decision", "4 Decision prompt", DECISION, ADMIN, as_of)
    on_a_trait = story.ask("on_a_trait", "5 A rule on a trait", ON_A_TRAIT, MARKETER, as_of)
    for result in (rule, policy, on_a_trait):
        if result.change_request is None:
            raise refuse(Code.NOT_UNDERSTOOD, "The demo's own prompt was not understood.")


def _approve(story: Story) -> None:
    lines = []
    proposed = (("eligibility", MARKETER), ("decision", ADMIN), ("on_a_trait", MARKETER))
    for key, email in proposed:
        request = story.document[key]["change_request"]["id"]
        try:
            story.workspace.decide(request, story.workspace.person(email), "approve")
        except PilothouseError as error:
            lines.append(f"{email} approves {request}: refused. {error.refusal.message}")
        approver = story.workspace.person(APPROVER)
        decided = story.workspace.decide(request, approver, "approve", "Looks right.")
        lines.append(f"{APPROVER} approves {request}: {decided.target_key} is {decided.state}.")
    story.tell("6 Another person approves", "\n".join(lines))


def _send(story: Story) -> None:
    workspace = story.workspace
    report = workspace.run_cycle()
    story.document["cycle"] = report.model_dump(mode="json")
    reasons = "\n".join(f"{code:<20} {n:>7,}" for code, n in sorted(report.by_reason.items()))
    story.tell(
        "7 One decision cycle",
        f"{report.selected:,} selected, {report.held_out:,} held out, "
        f"{report.suppressed:,} suppressed, {report.lost:,} lost\n{reasons}",
    )
    delivered = _over_a_day(workspace, report.decided_at)
    story.document["delivery"] = delivered.model_dump(mode="json")
    story.tell(
        "8 Over the next day messages leave for the local mailbox, each outside quiet hours",
        f"{delivered.delivered:,} delivered, {delivered.stopped:,} stopped before sending\n"
        f"Open one: {workspace.mailbox_folder}",
    )
    story.tell("9 Same platform, country and consent, different message", _two_users(story))


def _over_a_day(workspace: Workspace, start: datetime) -> DeliveryReport:
    """As a server would, only seldom: every hour, since it is morning somewhere."""
    report = workspace.deliver(now=start)
    for hour in range(1, 25):
        report = report.then(workspace.deliver(now=start + timedelta(hours=hour)))
    return report


def _two_users(story: Story) -> str:
    """Two users alike in platform, country and consent, and the trait that separates them."""
    workspace = story.workspace
    found = workspace.runner().fetch(_LIKE_USERS, purpose="two users who look alike")
    if not found.rows:
        return "There is no such pair in this data."
    first, second = found.rows[0]
    pair = workspace.separate((first, second))
    story.document["two_users"] = pair
    lines = [f"{first} and {second} are both on iOS, in the US and opted in to marketing."]
    for policy in pair["policies"]:
        told = [f"{user} gets {winner or 'nothing'}" for user, winner in policy["winners"].items()]
        lines.append(f"{policy['policy']}: {' and '.join(told)}.")
        for one in policy["separated_by"][:1]:
            values = ", ".join(f"{value} for {user}" for user, value in one["values"].items())
            lines.append(f"  What separates them: {one['condition']} ({values}).")
    return "\n".join(lines)


def _measure(story: Story) -> None:
    workspace = story.workspace
    decided_at = datetime.fromisoformat(story.document["cycle"]["decided_at"])
    with workspace.warehouse.cursor() as cursor:
        truth = simulate_reactions(
            cursor,
            policy_key="upgrade_nudge",
            goal_event="subscription_started",
            after=decided_at,
            horizon_days=HORIZON_DAYS,
            seed=REACTION_SEED,
        )
    read_at = decided_at + timedelta(days=HORIZON_DAYS)
    report = workspace.lift("upgrade_nudge", as_of=read_at)
    story.document["lift"] = report.model_dump(mode="json")
    story.document["truth"] = truth.model_dump(mode="json")
    story.tell(
        f"10 {HORIZON_DAYS} days later: did it help?",
        f"{report.verdict}\nThe demo planted a true lift of "
        f"{100 * truth.true_lift:+.1f} percentage points.",
    )


def _diagnose(story: Story) -> None:
    as_of = datetime.fromisoformat(story.document["as_of"])
    story.ask("debug", "11 Debug prompt", DEBUG, ANALYST, as_of)


def _canaries(story: Story) -> None:
    plan = Plan(good="upgrade_nudge", bad="win_back", author=MARKETER, approver=APPROVER)
    decided_at = datetime.fromisoformat(story.document["cycle"]["decided_at"])
    a_week_later = decided_at + timedelta(days=HORIZON_DAYS + 1)
    delivered, looked = play_canaries(story.workspace, plan, a_week_later)
    story.document["canaries"] = {
        "delivered": delivered,
        "ended": [
            {"key": one.canary.key, "state": one.canary.state, "why": one.verdict.why}
            for one in looked
        ],
    }
    story.tell(
        "12 New words for some users first; people complain about one of the two",
        "\n".join(
            f"{in_words(one.canary)}: {standing(one.canary)}. {one.verdict.why}" for one in looked
        ),
    )
