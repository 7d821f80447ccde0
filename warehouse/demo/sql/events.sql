-- One block of days, written in order of time so that a question about recent days reads few rows.
INSERT INTO fct_events
WITH shaped AS (
    SELECT v.ordinal, v.day, v.visit_at, CAST(600 + floor(2400 * draw(v.key, 'length', v.day)) AS INTEGER) AS duration,
        CASE
            WHEN v.day = v.signup_day AND draw(v.key, 'onboards', 0) < 0.85
                THEN CASE WHEN draw(v.key, 'starts', 0) < 0.45 + 0.40 * v.engagement THEN 'first_workout' ELSE 'first' END
            WHEN draw(v.key, 'workout', v.day) < 0.24 + 0.66 * v.engagement
                THEN CASE WHEN draw(v.key, 'kind', v.day) < 0.46 THEN 'workout' WHEN draw(v.key, 'kind', v.day) < 0.70 THEN 'saved'
                    WHEN draw(v.key, 'kind', v.day) < 0.80 THEN 'started' ELSE 'double' END
            WHEN draw(v.key, 'kind', v.day) < 0.6 THEN 'look'
            ELSE 'look_twice'
        END AS shape
    FROM visits v
),
moments AS (
    SELECT v.ordinal, v.day, v.visit_at + to_seconds(s.lead + s.durations * v.duration) AS event_time, s.event_name, s.slot, v.duration
    FROM shaped v JOIN shapes s ON s.shape = v.shape
    UNION ALL
    SELECT a.ordinal, a.day, a.attempt_at + to_seconds(s.lead), s.event_name,
        s.slot + CASE WHEN a.from_message THEN 6 ELSE 0 END, 0
    FROM made_attempts a JOIN attempt_steps s ON a.depth BETWEEN s.depth_from AND s.depth_to AND (a.from_message OR NOT s.only_from_message)
    CROSS JOIN block b CROSS JOIN world w
    WHERE a.day BETWEEN b.first_day AND b.last_day
        AND NOT (w.silent_event IS NOT NULL AND s.event_name = w.silent_event AND a.app_version = w.value AND a.ordinal IN (
            SELECT ordinal FROM people WHERE device_os = w.segment))
    UNION ALL
    SELECT s.ordinal, CAST(floor(date_diff('second', w.starts_at, s.ends_at) / 86400.0) AS INTEGER) AS day, s.ends_at, 'subscription_cancelled', 26 + s.spell, 0
    FROM spells s CROSS JOIN block b CROSS JOIN world w
    WHERE draw(s.key, 'lapses', s.spell) >= 0.2
        AND s.ends_at >= w.starts_at + to_days(CAST(b.first_day AS INTEGER)) AND s.ends_at < w.starts_at + to_days(CAST(b.last_day + 1 AS INTEGER))
    UNION ALL
    SELECT p.ordinal, CAST(split_part(t.ticket_id, '-', 2) AS INTEGER), t.created_at, 'ticket_opened', 24, 0
    FROM new_fct_support t JOIN people p ON p.user_id = t.user_id CROSS JOIN block b CROSS JOIN world w
    WHERE t.created_at >= w.starts_at + to_days(CAST(b.first_day AS INTEGER)) AND t.created_at < w.starts_at + to_days(CAST(b.last_day + 1 AS INTEGER))
),
described AS (
    SELECT
        o.*, p.user_id, p.key, p.anonymous_id, p.device_os, v.app_version, f.plan, f.price,
        -- One event in a hundred waits in an offline device, up to two days.
        o.event_time + to_milliseconds(CAST(CASE WHEN draw(p.key, o.slot, o.day) < 0.01
            THEN 172800000 * draw(p.key, 'late', o.day) ELSE 150 + 4000 * draw(p.key, 'lag', o.day) END AS BIGINT)) AS received_at,
        CASE WHEN draw(p.key, 'habit', o.day + o.slot // 3) < 0.65 THEN draw(p.key, 'favourite', 0) ELSE draw(p.key, 'mood', o.day + o.slot // 3) END AS taste
    FROM moments o
    JOIN people p ON p.ordinal = o.ordinal
    JOIN versions v ON v.device_os = p.device_os AND v.day = o.day - p.update_lag
    LEFT JOIN paid_plans f ON f.ordinal = o.ordinal AND f.started_at = o.event_time
)
SELECT
    d.event_time, d.user_id, d.event_name,
    CAST(CASE d.event_name
        WHEN 'workout_completed' THEN '{"workout_type":"' || ['strength', 'cardio', 'yoga', 'hiit', 'mobility'][1 + CAST(floor(5 * d.taste * d.taste) AS BIGINT)]
            || '","duration_seconds":' || CAST(d.duration AS VARCHAR) || '}'
        WHEN 'workout_saved' THEN '{"workout_type":"' || ['strength', 'cardio', 'yoga', 'hiit', 'mobility'][1 + CAST(floor(5 * d.taste * d.taste) AS BIGINT)] || '"}'
        WHEN 'checkout_failed' THEN '{"error":"' || CASE
            WHEN w.paid_factor < 1 AND d.device_os = 'ios' AND d.app_version = '5.4.0' AND draw(d.key, 'error', d.day) < 0.85 THEN 'payment_sheet_timeout'
            WHEN draw(d.key, 'error', d.day) < 0.6 THEN 'card_declined' ELSE 'network_error' END || '"}'
        WHEN 'subscription_started' THEN '{"plan":"' || d.plan || '","price":' || CAST(d.price AS VARCHAR) || '}'
        ELSE '{}' END AS JSON) AS properties,
    'm' || to_base((CAST(d.ordinal AS BIGINT) * 4096 + d.day) * 32 + d.slot, 36) AS message_id,
    d.anonymous_id, d.received_at, d.device_os, d.app_version
FROM described d CROSS JOIN world w
WHERE d.event_time < w.as_of AND d.received_at < w.as_of
ORDER BY d.event_time, d.ordinal, d.slot;
