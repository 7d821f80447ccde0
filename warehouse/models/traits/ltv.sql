-- name: ltv
-- grain: user_id
-- type: number
-- owner: billing
-- freshness: 86400
-- meaning: Revenue so far: the price of every month, or year on the annual plan, that a paid subscription has begun.
WITH paid AS (
    SELECT
        user_id, price,
        CASE WHEN plan = 'annual' THEN 365 ELSE 30 END AS period_days,
        DATE_DIFF('day', CAST(started_at AS DATE), CAST(CASE WHEN ended_at < $as_of THEN ended_at ELSE $as_of END AS DATE)) AS days_paid,
        CASE WHEN ended_at < $as_of THEN 0 ELSE 1 END AS running
    FROM fct_subscriptions
    WHERE started_at < $as_of
),
revenue AS (
    -- A running subscription has paid for the period it is in; an ended one ended with a period.
    SELECT user_id, SUM(price * GREATEST(FLOOR(days_paid / CAST(period_days AS DOUBLE)) + running, 1)) AS revenue
    FROM paid
    GROUP BY user_id
)
SELECT u.user_id, CAST(ROUND(COALESCE(r.revenue, 0), 2) AS DOUBLE) AS ltv
FROM dim_users AS u
LEFT JOIN revenue AS r ON r.user_id = u.user_id
WHERE u.merged_into IS NULL
