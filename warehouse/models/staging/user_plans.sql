-- name: user_plans
-- kind: staging
-- grain: user_id
-- owner: billing
-- freshness: 86400
-- meaning: Which plans the user has had and what they paid: the price of every month, or year on the annual plan, that a subscription has begun.
WITH begun AS (
    SELECT
        user_id, trial_start, trial_end, started_at, price,
        CASE WHEN started_at < $as_of THEN 1 ELSE 0 END AS paid,
        CASE WHEN started_at < $as_of AND (ended_at IS NULL OR ended_at >= $as_of) THEN 1 ELSE 0 END AS paying,
        CASE WHEN plan = 'annual' THEN 365 ELSE 30 END AS period_days,
        DATE_DIFF('day', CAST(started_at AS DATE), CAST(CASE WHEN ended_at < $as_of THEN ended_at ELSE $as_of END AS DATE)) AS days_paid
    FROM fct_subscriptions
    WHERE LEAST(trial_start, started_at) < $as_of
)
SELECT
    user_id,
    MAX(paying) AS paying,
    MAX(paid) AS paid,
    MAX(CASE WHEN trial_start < $as_of AND trial_end > $as_of AND paid = 0 THEN 1 ELSE 0 END) AS trialing,
    -- A running subscription has paid for the period it is in; an ended one ended with a period.
    SUM(CASE WHEN paid = 1 THEN price * GREATEST(FLOOR(days_paid / CAST(period_days AS DOUBLE)) + paying, 1) END) AS revenue
FROM begun
GROUP BY user_id
