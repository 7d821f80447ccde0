-- Payments of each week, and over how many users they are shared out.
WITH paid AS (
    SELECT
        w.week, SUM(p.amount) AS revenue, COUNT(p.amount) AS payments,
        COUNT(*) - COUNT(p.amount) AS left_out, COUNT(DISTINCT p.user_id) AS payers
    FROM payments AS p
    JOIN weeks AS w ON p.paid_at >= w.starts AND p.paid_at < w.ends
    GROUP BY w.week
)
SELECT w.week, COALESCE(a.users, 0) AS users, p.revenue, p.payments, p.left_out, p.payers
FROM weeks AS w
LEFT JOIN paid AS p ON p.week = w.week
LEFT JOIN active AS a ON a.week = w.week
ORDER BY w.week
