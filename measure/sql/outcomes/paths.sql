/* The orders in which people met messages, with how many of them reached the goal and how many did not: one row an order.
   A person has one path: up to the first goal within the horizon of a message, or all of it. The same message twice in a
   row counts once. The row without a path: people who reached the goal with no message before. */
WITH touches AS (
    SELECT user_id, sent_at AS at, COALESCE(policy_key, '') || CHR(31) || COALESCE(campaign, '') || CHR(31) || COALESCE(channel, '') AS touchpoint
    FROM (
        SELECT user_id, sent_at, policy_key, channel, CASE WHEN policy_key IS NULL THEN campaign END AS campaign
        FROM fct_messages
        WHERE sent_at >= :since AND sent_at < :until AND delivered_at IS NOT NULL
    ) AS sent
),
goals AS (
    SELECT user_id, event_time FROM fct_events
    WHERE event_name = :goal AND event_time >= :since AND event_time < :as_of
),
reached AS (
    SELECT t.user_id, MIN(g.event_time) AS at
    FROM touches AS t
    JOIN goals AS g ON g.user_id = t.user_id AND g.event_time > t.at AND g.event_time < t.at + :horizon
    GROUP BY t.user_id
),
before AS (
    SELECT
        t.user_id, t.at, t.touchpoint, r.at IS NOT NULL AS converted,
        LAG(t.touchpoint) OVER (PARTITION BY t.user_id ORDER BY t.at, t.touchpoint) AS previous
    FROM touches AS t
    LEFT JOIN reached AS r ON r.user_id = t.user_id
    WHERE r.at IS NULL OR (t.at < r.at AND r.at < t.at + :horizon)
),
placed AS (
    SELECT
        user_id, touchpoint, converted, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY at DESC, touchpoint DESC) AS back
    FROM before
    WHERE previous IS NULL OR previous <> touchpoint
),
paths AS (
    SELECT user_id, converted, STRING_AGG(touchpoint, CHR(30) ORDER BY back DESC) AS path
    FROM placed WHERE back <= :longest
    GROUP BY user_id, converted
)
SELECT path, SUM(CASE WHEN converted THEN 1 ELSE 0 END) AS converted, SUM(CASE WHEN converted THEN 0 ELSE 1 END) AS lost
FROM paths GROUP BY path
UNION ALL
SELECT NULL, COUNT(DISTINCT g.user_id), 0
FROM goals AS g LEFT JOIN reached AS r ON r.user_id = g.user_id
WHERE g.event_time < :until AND r.user_id IS NULL
