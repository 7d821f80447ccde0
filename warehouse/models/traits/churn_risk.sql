-- name: churn_risk
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- audit: not_null
-- audit: range 0 .. 1
-- meaning: How likely the user is to leave, 0 to 1: days of silence up to 30, fewer visits than two weeks before, and support trouble.
SELECT
    f.user_id,
    CAST(ROUND(
        0.6 * LEAST(COALESCE(DATE_DIFF('day', CAST(f.last_opened_at AS DATE), CAST($as_of AS DATE)), 30) / 30.0, 1.0)
        + CASE
            WHEN f.opened_28d - f.opened_14d > f.opened_14d
                THEN 0.3 * (f.opened_28d - f.opened_14d - f.opened_14d) / (f.opened_28d - f.opened_14d)
            ELSE 0.0
        END
        + 0.1 * s.support_risk, 2) AS DOUBLE) AS churn_risk
FROM user_facts AS f
JOIN support_risk AS s ON s.user_id = f.user_id
