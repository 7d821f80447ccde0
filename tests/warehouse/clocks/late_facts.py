"""Late facts for tests: events that had happened long before they arrived."""

from __future__ import annotations

from datetime import datetime, timedelta

from warehouse.engines.duckdb import DuckDBWarehouse

ARRIVE = """
    INSERT INTO fct_events BY NAME
    SELECT
        CAST($happened AS TIMESTAMP) + INTERVAL (n) MINUTE AS event_time,
        CAST($user AS VARCHAR) AS user_id,
        CAST($event AS VARCHAR) AS event_name,
        CAST('{}' AS JSON) AS properties,
        'late' || CAST(n AS VARCHAR) || $user || $event AS message_id,
        CAST($arrived AS TIMESTAMP) AS received_at
    FROM range(CAST($times AS BIGINT)) AS r(n)
"""


def arrive_late(
    warehouse: DuckDBWarehouse,
    user: str,
    event: str,
    *,
    happened: datetime,
    arrived: datetime,
    times: int = 3,
) -> None:
    """Some events of a user that happened a minute apart and arrived together."""
    warehouse.execute(
        ARRIVE,
        {"happened": happened, "user": user, "event": event, "arrived": arrived, "times": times},
    )


def a_user_of_then(warehouse: DuckDBWarehouse, then: datetime) -> str:
    """Somebody who was there at a moment, paid for nothing and looked at no prices before it."""
    found = warehouse.fetch(
        """
        SELECT min(u.user_id) FROM dim_users u
        WHERE u.merged_into IS NULL AND u.signup_at < $then - INTERVAL 20 DAY
            AND u.user_id NOT IN (
                SELECT user_id FROM fct_subscriptions WHERE started_at IS NOT NULL
            )
            AND u.user_id NOT IN (
                SELECT user_id FROM fct_events
                WHERE event_name IN ('pricing_viewed', 'plan_compared') AND event_time < $then
            )
        """,
        {"then": then},
    )
    user = found.scalar()
    assert isinstance(user, str)
    return user


def next_build(warehouse: DuckDBWarehouse, at: datetime) -> None:
    """A later build of the shipped models, shown to readers."""
    from warehouse.models.build import build, show
    from warehouse.models.modelset import load_models

    with warehouse.transaction() as cursor:
        made = build(cursor, load_models(), as_of=at, built_at=at, full=True)
        show(cursor, made.build.number)


DAY = timedelta(days=1)
