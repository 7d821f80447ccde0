-- The last two weeks as the collector received them: duplicates, late copies, anonymous halves of a visit.
CREATE OR REPLACE TABLE raw_events AS
WITH recent AS (
    SELECT e.*, hash(e.message_id, w.seed) AS key, w.as_of FROM fct_events e CROSS JOIN world w
    WHERE e.event_time >= w.as_of - INTERVAL 14 DAY
),
copies AS (
    SELECT r.*, FALSE AS again FROM recent r
    UNION ALL
    SELECT r.*, TRUE FROM recent r WHERE draw(r.key, 'twice', 0) < 0.015
)
SELECT
    c.message_id, 'track' AS type, c.event_name,
    -- Before sign-in a device knows only its anonymous id; the user is told by a later event of the same device.
    CASE WHEN c.event_name <> 'app_opened' OR draw(c.key, 'signed in', 0) >= 0.12 THEN c.user_id END AS user_id,
    c.anonymous_id, c.event_time,
    c.received_at + CASE WHEN c.again THEN to_seconds(CAST(1 + 3600 * draw(c.key, 'retry', 0) AS BIGINT)) ELSE INTERVAL 0 SECOND END AS received_at,
    c.properties, c.device_os, c.app_version
FROM copies c
WHERE NOT c.again OR c.received_at + INTERVAL 3601 SECOND < c.as_of;

-- Events that were not accepted, kept whole with the reason.
CREATE OR REPLACE TABLE dead_letters AS
WITH refused AS (
    SELECT r.*, hash(r.message_id, w.seed, 'refused') AS key FROM raw_events r CROSS JOIN world w
    WHERE r.event_name IN ('checkout_started', 'workout_completed', 'plan_compared')
)
SELECT
    'x' || message_id AS message_id, received_at, 'tracking_plan' AS stage,
    CASE event_name WHEN 'plan_compared' THEN 'UNPLANNED_EVENT' WHEN 'checkout_started' THEN 'MISSING_USER' ELSE 'WRONG_TYPE' END AS code,
    CASE event_name WHEN 'plan_compared' THEN '$.event' WHEN 'checkout_started' THEN '$.userId' ELSE '$.properties.duration_seconds' END AS path,
    CASE event_name WHEN 'plan_compared' THEN 'plan_selected is not in the tracking plan'
        WHEN 'checkout_started' THEN 'neither userId nor anonymousId is given' ELSE 'duration_seconds is text, not a number' END AS message,
    CAST(json_object('type', 'track', 'messageId', 'x' || message_id,
        'event', CASE event_name WHEN 'plan_compared' THEN 'plan_selected' ELSE event_name END,
        'userId', CASE WHEN event_name <> 'checkout_started' THEN user_id END,
        'properties', CASE event_name WHEN 'workout_completed' THEN json_object('workout_type', 'yoga', 'duration_seconds', 'half an hour') ELSE json_object() END) AS JSON) AS body
FROM refused WHERE draw(key, 'refused', 0) < 0.004
ORDER BY received_at, message_id;
