-- What the collector received: who signed up and who they are, and every track event of the last days,
-- with duplicates, late copies, anonymous halves of a visit, visitors who never sign in and devices that people share.
-- Consolidation makes of it exactly the facts and users that stand beside it.
CREATE OR REPLACE TABLE raw_events (
    message_id VARCHAR, type VARCHAR, event_name VARCHAR, user_id VARCHAR, anonymous_id VARCHAR, event_time TIMESTAMP,
    received_at TIMESTAMP, properties JSON, device_os VARCHAR, app_version VARCHAR, previous_id VARCHAR, context JSON, traits JSON, message_key BIGINT
);

-- At sign-up people say who they are; later the app tells its version; the second account of a person is folded into the first.
INSERT INTO raw_events
WITH said AS (
    SELECT 'i' || to_base(a.ordinal, 36) AS message_id, 'identify' AS type, a.user_id, a.anonymous_id, a.signup_at AS event_time, 400 AS lag,
        a.device_os, NULL AS app_version, NULL AS previous_id, u.utm_source AS came_from,
        CASE WHEN NOT a.is_merged THEN json_object('email', u.email, 'country', u.country, 'timezone', u.timezone) END AS traits
    FROM accounts a JOIN dim_users u ON u.user_id = a.user_id
    UNION ALL
    SELECT 'j' || to_base(a.ordinal, 36), 'identify', a.user_id, a.anonymous_id, greatest(a.signup_at, a.updated_at), 600,
        a.device_os, a.app_version, NULL, NULL, json_object('marketing_opt_in', u.marketing_opt_in)
    FROM accounts a JOIN dim_users u ON u.user_id = a.user_id WHERE NOT a.is_merged
    UNION ALL
    SELECT 'k' || to_base(a.ordinal, 36), 'alias', a.merged_into, NULL, least(a.signup_at + INTERVAL 60 SECOND, w.as_of - INTERVAL 1 SECOND), 500,
        NULL, NULL, a.user_id, NULL, NULL
    FROM accounts a CROSS JOIN world w WHERE a.is_merged
)
SELECT message_id, type, NULL, user_id, anonymous_id, event_time, event_time + to_milliseconds(lag), NULL, device_os, app_version, previous_id,
    CASE WHEN came_from IS NOT NULL THEN json_object('campaign', json_object('source', came_from)) END, traits,
    CAST('0x' || substr(md5(message_id), 1, 15) AS BIGINT)
FROM said
ORDER BY event_time, message_id;

INSERT INTO raw_events
WITH recent AS (
    SELECT e.*, hash(e.message_id, w.seed) AS key, w.as_of,
        EXISTS (SELECT 1 FROM accounts a WHERE a.on_shared_device AND a.user_id = e.user_id) AS on_shared_device
    FROM fct_events e CROSS JOIN world w
    WHERE e.event_time >= w.as_of - to_days(CAST(w.raw_days AS INTEGER))
),
copies AS (
    SELECT r.*, FALSE AS again FROM recent r
    UNION ALL
    SELECT r.*, TRUE FROM recent r WHERE draw(r.key, 'twice', 0) < 0.015
),
received AS (
    SELECT
        c.message_id, c.event_name,
        -- Before sign-in a device knows only its anonymous id; the user is told by a later event of the same device.
        CASE WHEN c.event_name <> 'app_opened' OR c.on_shared_device OR draw(c.key, 'signed in', 0) >= 0.12 THEN c.user_id END AS user_id,
        c.anonymous_id, c.event_time,
        c.received_at + CASE WHEN c.again THEN to_seconds(CAST(1 + 3600 * draw(c.key, 'retry', 0) AS BIGINT)) ELSE INTERVAL 0 SECOND END AS received_at,
        c.properties, c.device_os, c.app_version
    FROM copies c
    WHERE NOT c.again OR c.received_at + INTERVAL 3601 SECOND < c.as_of
    UNION ALL
    -- Visitors who never sign in.
    SELECT 'v' || to_base(a.ordinal, 36), 'app_opened', NULL, 'a' || to_hex(hash(a.ordinal, w.seed, 'visitor')),
        w.as_of - to_seconds(CAST(60 + floor(14 * 86400 * draw(a.key, 'visits', 0)) AS BIGINT)), w.as_of - to_seconds(CAST(50 + floor(14 * 86400 * draw(a.key, 'visits', 0)) AS BIGINT)),
        CAST('{}' AS JSON), a.device_os, a.app_version
    FROM accounts a CROSS JOIN world w WHERE draw(a.key, 'visitor', 0) < 0.02
    UNION ALL
    -- Somebody opens the app on a device before the first of those who will share it signs in: whoever that was.
    SELECT 'w' || to_base(min(a.ordinal), 36), 'app_opened', NULL, a.anonymous_id, min(a.signup_at) - INTERVAL 600 SECOND, min(a.signup_at) - INTERVAL 598 SECOND,
        CAST('{}' AS JSON), min(a.device_os), NULL
    FROM accounts a WHERE a.on_shared_device GROUP BY a.anonymous_id
)
SELECT message_id, 'track', event_name, user_id, anonymous_id, event_time, received_at, properties, device_os, app_version, NULL, NULL, NULL,
    CAST('0x' || substr(md5(message_id), 1, 15) AS BIGINT)
FROM received
ORDER BY event_time, message_id;

-- Events that were not accepted, kept whole with the reason.
CREATE OR REPLACE TABLE dead_letters AS
WITH refused AS (
    SELECT r.*, hash(r.message_id, w.seed, 'refused') AS key FROM raw_events r CROSS JOIN world w
    WHERE r.event_name IN ('checkout_started', 'workout_completed', 'plan_compared')
        AND r.event_time >= w.as_of - INTERVAL 14 DAY
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
        'properties', CASE event_name WHEN 'workout_completed' THEN json_object('workout_type', 'yoga', 'duration_seconds', 'half an hour') ELSE json_object() END) AS JSON) AS body,
    CAST('0x' || substr(md5('x' || message_id), 1, 15) AS BIGINT) AS message_key
FROM refused WHERE draw(key, 'refused', 0) < 0.004
ORDER BY received_at, message_id;
