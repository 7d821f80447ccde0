-- name: upgrade_intent
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- meaning: How much the user looks like paying, 0 to 1, from pricing views, plan comparisons and checkout attempts of the last 30 days.
WITH looks AS (
    SELECT
        user_id,
        COUNT(*) FILTER (WHERE event_name = 'pricing_viewed') AS pricing,
        COUNT(*) FILTER (WHERE event_name = 'plan_compared') AS compared,
        COUNT(*) FILTER (WHERE event_name = 'checkout_started') AS checkouts
    FROM fct_events
    WHERE
        event_name IN ('pricing_viewed', 'plan_compared', 'checkout_started')
        AND event_time >= $as_of - INTERVAL '30' DAY AND event_time < $as_of
    GROUP BY user_id
)
SELECT
    u.user_id,
    CAST(ROUND(
        0.10 * LEAST(COALESCE(l.pricing, 0), 3)
        + 0.15 * LEAST(COALESCE(l.compared, 0), 2)
        + 0.20 * LEAST(COALESCE(l.checkouts, 0), 2), 2) AS DOUBLE) AS upgrade_intent
FROM dim_users AS u
LEFT JOIN looks AS l ON l.user_id = u.user_id
WHERE u.merged_into IS NULL
