-- What was paid, by product and kind of user.
SELECT p.period, u.slice, s.plan, :dimensions, COUNT(*) AS sales, SUM(s.price) AS paid
FROM fct_subscriptions AS s
JOIN periods AS p ON s.started_at >= p.starts AND s.started_at < p.ends AND s.started_at < p.known_by
JOIN people AS u ON u.user_id = s.user_id
WHERE s.price IS NOT NULL
GROUP BY p.period, u.slice, s.plan, :dimensions
