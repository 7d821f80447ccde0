-- Of those who signed up in each week, by source: how many paid within the horizon; and what the source cost then.
WITH bought AS (
    SELECT user_id, MIN(paid_at) AS paid_at FROM payments GROUP BY user_id
),
came AS (
    SELECT
        w.week, u.source, COUNT(*) AS signed_up,
        SUM(CASE WHEN b.paid_at >= u.signed_up_at AND b.paid_at < u.signed_up_at + :horizon THEN 1 ELSE 0 END) AS customers
    FROM people AS u
    JOIN weeks AS w ON u.signed_up_at >= w.starts AND u.signed_up_at < w.ends
    LEFT JOIN bought AS b ON b.user_id = u.user_id
    GROUP BY w.week, u.source
),
cost AS (
    SELECT w.week, s.source, SUM(s.amount) AS spend, COUNT(*) - COUNT(s.amount) AS left_out
    FROM spent AS s
    JOIN weeks AS w ON s.day >= CAST(w.starts AS DATE) AND s.day < CAST(w.ends AS DATE)
    GROUP BY w.week, s.source
)
SELECT
    COALESCE(came.week, cost.week) AS week, COALESCE(came.source, cost.source) AS source,
    COALESCE(came.signed_up, 0) AS signed_up, COALESCE(came.customers, 0) AS customers,
    cost.spend, COALESCE(cost.left_out, 0) AS left_out
FROM came
FULL JOIN cost ON cost.week = came.week AND cost.source IS NOT DISTINCT FROM came.source
ORDER BY 1, 2
