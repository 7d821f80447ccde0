-- name: user_revenue
-- kind: staging
-- grain: user_id
-- owner: billing
-- freshness: 86400
-- meaning: What the user has paid: the price of every month, or year on the annual plan, that a subscription has begun.
WITH paid AS (
    SELECT
        user_id, price,
        CASE WHEN plan = 'annual' THEN 365 ELSE 30 END AS period_days,
        DATE_DIFF('day', CAST(started_at AS DATE), CAST(CASE WHEN ended_at < $as_of THEN ended_at ELSE $as_of END AS DATE)) AS days_paid,
        CASE WHEN ended_at < $as_of THEN 0 ELSE 1 END AS running
    FROM fct_subscriptions
    WHERE started_at < $as_of
)
-- A running subscription has paid for the period it is in; an ended one ended with a period.
SELECT user_id, SUM(price * GREATEST(FLOOR(days_paid / CAST(period_days AS DOUBLE)) + running, 1)) AS revenue
FROM paid
GROUP BY user_id
