-- name: support_risk
-- grain: user_id
-- type: number
-- owner: support
-- freshness: 86400
-- audit: not_null
-- audit: range 0 .. 1
-- meaning: How much support trouble the user has, 0 to 1, from the reasons of the last 90 days' tickets and how long they took.
SELECT
    user_id,
    CAST(ROUND(LEAST(trouble, 1.0), 2) AS DOUBLE) AS support_risk
FROM user_facts
