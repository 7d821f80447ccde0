-- name: ltv
-- grain: user_id
-- type: number
-- owner: billing
-- freshness: 86400
-- audit: not_null
-- audit: range 0 ..
-- meaning: Revenue so far: the price of every month, or year on the annual plan, that a paid subscription has begun.
SELECT
    user_id,
    CAST(ROUND(revenue, 2) AS DOUBLE) AS ltv
FROM user_facts
