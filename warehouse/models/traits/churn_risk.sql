-- name: churn_risk
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- meaning: How likely the user is to leave, 0 to 1: days of silence up to 30, fewer visits than two weeks before, and support trouble.
WITH visits AS (
    SELECT
        user_id,
        MAX(event_time) AS last_seen,
        COUNT(*) FILTER (WHERE event_time >= $as_of - INTERVAL '14' DAY) AS now,
        COUNT(*) FILTER (WHERE event_time >= $as_of - INTERVAL '28' DAY AND event_time < $as_of - INTERVAL '14' DAY) AS before
    FROM fct_events
    WHERE event_name = 'app_opened' AND event_time < $as_of
    GROUP BY user_id
)
SELECT
    u.user_id,
    CAST(ROUND(
        0.6 * LEAST(COALESCE(DATE_DIFF('day', CAST(v.last_seen AS DATE), CAST($as_of AS DATE)), 30) / 30.0, 1.0)
        + CASE WHEN v.before > v.now THEN 0.3 * (v.before - v.now) / v.before ELSE 0.0 END
        + 0.1 * s.support_risk, 2) AS DOUBLE) AS churn_risk
FROM dim_users AS u
JOIN support_risk AS s ON s.user_id = u.user_id
LEFT JOIN visits AS v ON v.user_id = u.user_id
WHERE u.merged_into IS NULL
