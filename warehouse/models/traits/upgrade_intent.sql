-- name: upgrade_intent
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- audit: not_null
-- audit: range 0 .. 1
-- meaning: How much the user looks like paying, 0 to 1, from pricing views, plan comparisons and checkout attempts of the last 30 days.
SELECT
    user_id,
    CAST(ROUND(
        0.10 * LEAST(pricing_30d, 3)
        + 0.15 * LEAST(compared_30d, 2)
        + 0.20 * LEAST(checkouts_30d, 2), 2) AS DOUBLE) AS upgrade_intent
FROM user_facts
