"""What a message says and where it goes: from an intent, its action and the user's address."""

from __future__ import annotations

import structlog
from sqlglot import exp

from core.filling import Rendered
from core.rules import Action
from deliver.messages import Message
from deliver.outbox import Intent
from deliver.recheck import Rulebook
from deliver.rendering import Unsaid, render
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

log = structlog.get_logger(__name__)


def compose(
    intents: list[Intent], rulebook: Rulebook, warehouse: DuckDBWarehouse, catalog: Catalog
) -> tuple[list[Message], dict[str, str]]:
    """The messages, and the ids of intents that none can be made of, each with a reason code:
    no address on the channel any more, or a template without a value or an approval."""
    addresses = _addresses(intents, warehouse, catalog)
    said = render(intents, rulebook, warehouse, catalog)
    messages: list[Message] = []
    stopped: dict[str, str] = {}
    for intent in intents:
        action, address = rulebook.action(intent), addresses.get((intent.channel, intent.user_id))
        words = said.get(intent.intent_id)
        if action is None or address is None:
            stopped[intent.intent_id] = "UNREACHABLE"
        elif isinstance(words, Unsaid):
            log.warning("not_said", intent_id=intent.intent_id, reason=words.reason, why=words.why)
            stopped[intent.intent_id] = words.reason
        else:
            messages.append(_message(intent, action, address, words or _own_words(action)))
    return messages, stopped


def _own_words(action: Action) -> Rendered:
    """What an action says whose words stand in the rule itself."""
    subject, _, body = action.template.partition("\n")
    return Rendered(subject or action.name, body or action.name, None, {})


def _message(intent: Intent, action: Action, address: str, said: Rendered) -> Message:
    return Message(
        intent_id=intent.intent_id,
        decision_id=intent.decision_id,
        trace_id=intent.trace_id,
        user_id=intent.user_id,
        channel=intent.channel,
        address=address,
        subject=said.subject,
        body=said.body,
        action_key=intent.action_key,
        policy_key=intent.policy_key,
        message_class=action.message_class,
        decided_at=intent.decided_at,
        template=action.template_key,
        variables=said.variables,
        html=said.html,
    )


def _addresses(
    intents: list[Intent], warehouse: DuckDBWarehouse, catalog: Catalog
) -> dict[tuple[str, str], str]:
    """(channel, user) → address. A channel without an address column reaches the user by id."""
    found: dict[tuple[str, str], str] = {}
    for channel in sorted({one.channel for one in intents}):
        users = sorted({one.user_id for one in intents if one.channel == channel})
        column = catalog.channels[channel].address
        if column is None:
            known = {user: f"{user}@{channel}.pilothouse.example" for user in users}
        else:
            known = _column(warehouse, catalog, column, users)
        found |= {(channel, user): address for user, address in known.items()}
    return found


def _column(
    warehouse: DuckDBWarehouse, catalog: Catalog, column: str, users: list[str]
) -> dict[str, str]:
    layout = catalog.layout.users
    query = (
        exp.select(exp.column(layout.key), exp.column(column))
        .from_(layout.table)
        .where(exp.column(column).is_(exp.null()).not_())
        .where(exp.func("list_contains", exp.Placeholder(this="users"), exp.column(layout.key)))
    )
    rows = warehouse.fetch(query.sql("duckdb"), {"users": users}).rows
    return {str(user): str(address) for user, address in rows}
