"""Guardrails over the demo's data: what the law asks where people live, routes, versions, words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from core.artifacts import Finding
from core.conditions import Attribute, EventCount, Op
from core.data_changes import ChannelRoutesChange
from core.rules import Action, EligibilityRule, Holdout, QuietHours
from core.settings import PolicySettings, SyncSettings
from orchestrate import rulebook
from tests.tools.demo import demo_file, settings_for
from tools.audience import simulated
from ui.guarding import channel_facts, surroundings
from ui.workspace import Workspace

LOOKED = EventCount(event="pricing_viewed")
AMERICANS = Attribute(column="country", value="US")


def rule(**more: Any) -> EligibilityRule:
    sent = {"key": "text", "name": "Text", "channels": ("sms",), "template": "Hello."}
    return EligibilityRule(
        key="r",
        name="R",
        condition=LOOKED,
        action=Action.model_validate(sent | more),
        holdout=Holdout(share=0.1, salt="r"),
    )


def found(workspace: Workspace, artifact: EligibilityRule) -> dict[str, Finding]:
    mara = workspace.person("mara@demo")
    told = simulated(artifact, workspace.asking.bound(mara, ""))
    return {one.policy: one for one in told.findings if one.severity != "info"}


def limits(workspace: Workspace, **changed: Any) -> None:
    defaults = workspace.catalog.defaults
    contact = defaults.contact_policy.model_copy(update=changed)
    defaults = defaults.model_copy(update={"contact_policy": contact})
    workspace.catalog = workspace.catalog.model_copy(update={"defaults": defaults})


def test_texts_to_americans_in_the_evening_are_told_with_their_number(
    workspace: Workspace,
) -> None:
    assert "regulation_of_hours" not in found(workspace, rule())
    limits(workspace, quiet_hours=QuietHours(start="22:00", end="08:00"))

    told = found(workspace, rule())["regulation_of_hours"]

    ((americans,),) = workspace.warehouse.fetch(
        "SELECT count(DISTINCT u.user_id) FROM dim_users u JOIN fct_events e USING (user_id) "
        "WHERE u.country = 'US' AND u.merged_into IS NULL AND e.event_name = 'pricing_viewed' "
        "AND e.event_time < $as_of",
        {"as_of": workspace.as_of()},
    ).rows
    assert americans > 0
    assert told.message.startswith(f"{americans:,} of the audience are in US: ")
    assert told.message.endswith("The workspace leaves 21:00-22:00 open.")
    assert "64.1200" in (told.fix or "")
    germans = rule().model_copy(update={"population": Attribute(column="country", value="DE")})
    assert "regulation_of_hours" not in found(workspace, germans)


def test_without_caps_and_quiet_hours_both_are_missed(workspace: Workspace) -> None:
    limits(workspace, quiet_hours=None, caps=())

    assert {"contact_is_capped", "quiet_hours_are_kept"} <= found(workspace, rule()).keys()


def test_a_rule_about_one_country_does_not_care_for_the_words_of_another(
    workspace: Workspace,
) -> None:
    channels = workspace.catalog.channels
    bare = channels["email"].model_copy(update={"adds": ()})
    workspace.catalog = workspace.catalog.model_copy(
        update={"channels": channels | {"email": bare}}
    )
    mailed = rule(channels=("email",))

    told = found(workspace, mailed.model_copy(update={"population": AMERICANS}))

    assert "CAN-SPAM" in told["regulation_of_the_sender"].message
    assert "PECR" not in told["regulation_of_the_sender"].message
    indians = mailed.model_copy(update={"population": Attribute(column="country", value="IN")})
    assert "regulation_of_the_sender" not in found(workspace, indians)


def test_a_proxy_that_the_catalog_declares_is_told(workspace: Workspace) -> None:
    users = workspace.catalog.tables["dim_users"]
    source = users.columns["utm_source"].model_copy(update={"proxy_for": "age"})
    table = users.model_copy(update={"columns": users.columns | {"utm_source": source}})
    tables = workspace.catalog.tables | {"dim_users": table}
    workspace.catalog = workspace.catalog.model_copy(update={"tables": tables})
    condition = Attribute(column="utm_source", op=Op.EQ, value="tiktok")

    told = found(workspace, rule().model_copy(update={"condition": condition}))

    assert "dim_users.utm_source may stand for age" in told["no_declared_proxy"].message


@pytest.fixture
def routed(tmp_path: Any) -> Any:
    """A workspace whose settings name two destinations, one of them half configured."""
    folder = tmp_path / "routed"
    folder.mkdir()
    copied = folder / "warehouse.duckdb"
    copied.write_bytes(demo_file().read_bytes())
    told = SyncSettings(
        destination="hook",
        audiences=("r",),
        columns=("email",),
        purpose="marketing",
        channel="email",
        classes=("personal",),
    )
    settings = settings_for(folder, copied).model_copy(
        update={
            "destinations": {"hook": {"kind": "webhook"}},
            "syncs": {"crm": told},
            "policies": PolicySettings(reach_jump=2.0),
        }
    )
    opened = Workspace(settings)
    yield opened
    opened.close()


def test_thresholds_routes_and_syncs_come_from_the_workspace(routed: Workspace) -> None:
    around = surroundings(routed)

    assert around.policies.reach_jump == 2.0
    assert channel_facts(routed)["sms"].destination == "mailbox"
    assert (channel_facts(routed)["sms"].outside, channel_facts(routed)["sms"].unusable) == (
        False,
        None,
    )
    told = found(routed, rule())["personal_data_stays"]
    assert "email of the audience to hook by the sync 'crm'" in told.message


@pytest.mark.parametrize(
    ("group", "adds"), [({}, ("sender",)), ({"unsubscribe_group": 7}, ("sender", "unsubscribe"))]
)
def test_what_a_channel_declares_is_held_against_its_destination(
    routed: Workspace, group: dict[str, int], adds: tuple[str, ...]
) -> None:
    mail = {"kind": "sendgrid", "api_key": "env:MAIL_KEY", "sender": "a@example.com"} | group
    routed.settings = routed.settings.model_copy(
        update={
            "destinations": {"mail": mail},
            "secrets": {"MAIL_KEY": SecretStr("SG.key")},
        }
    )
    out = ChannelRoutesChange(name="Mail goes out", routes={"email": "mail"})
    rulebook.begin(routed.store, out, now=routed.now())

    facts = channel_facts(routed)["email"]

    assert (facts.destination, facts.unusable, facts.adds) == ("mail", None, adds)


def test_what_would_go_to_a_destination_that_is_gone_is_blocked(routed: Workspace) -> None:
    to_gone = ChannelRoutesChange(name="Texts go out", routes={"sms": "gone", "push": "hook"})
    rulebook.begin(routed.store, to_gone, now=routed.now())

    blocked = found(routed, rule())["destination_is_usable"]

    assert blocked.severity == "block"
    assert blocked.message == (
        "sms goes to 'gone', where nothing can be sent: It is not in pilothouse.toml any more."
    )
    half = found(routed, rule(channels=("push", "email")))["destination_is_usable"]
    assert "push goes to 'hook'" in half.message
    assert [edit.model_dump() for edit in half.patch] == [
        {"path": "/action/channels", "value": ["email"]}
    ]


def test_the_sources_of_traits_are_looked_at_when_a_rule_reads_one(routed: Workspace) -> None:
    looked = surroundings(routed).trait_inputs

    assert looked(()) == ()
    assert [one for one in looked(("momentum_score",)) if "momentum_score" in one.table]
