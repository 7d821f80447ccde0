"""What an approver sees of a channel that is to go to another destination."""

from __future__ import annotations

from core.data_changes import ChangedPart, ChannelRoutesChange, DataEffect, Downstream
from core.route_policies import Move, route_findings
from orchestrate import change_requests
from tests.ui.conftest import Visit, shown
from tests.ui.demo_desk import NOW
from tests.ui.test_console_data_changes import opened, tables
from ui.channel_routes import BEFORE_ANY
from ui.console.desk import Desk

MOVE = Move(
    channel="email",
    before="mailbox",
    after="crm",
    lost=("crm knows no keys: without an answer nobody can tell whether it has a message.",),
    waiting=14,
)
EFFECT = DataEffect(
    summary="email goes to crm instead of mailbox; 14 messages that wait go there too.",
    as_of="2026-06-29T00:00:00",
    changed=(
        ChangedPart(
            kind="channel",
            name="email",
            change="changed",
            note="it goes to crm instead of mailbox",
        ),
    ),
    downstream=(Downstream(kind="rule", key="nudge", name="Upgrade nudge", reads=("email",)),),
)


def test_an_approver_reads_who_sends_by_the_channel_and_what_is_lost(
    visit: Visit, office: Desk
) -> None:
    request = change_requests.submit(
        office.workspace.store,
        artifact=ChannelRoutesChange(name="email goes to crm", routes={"email": "crm"}),
        author="ana@demo",
        prompt="The CRM team wants it.",
        findings=route_findings([MOVE]),
        effect=EFFECT,
        built_in=BEFORE_ANY,
        now=NOW,
    )

    page = opened(visit, "pavel@demo", request.id)

    said = shown(page).replace("\\", "")
    assert "14 messages that wait go there too" in said
    assert "Who sends by it" in said
    assert "Channels touched" in said
    assert "crm knows no keys" in said
    assert "3 checks passed" in said
    assert "go by the new **routes**" in said
    rows = tables(page).replace("\\", "")
    assert "Upgrade nudge (rule),email,**goes on working**" in rows
    assert "email,not there,**crm**" in rows
