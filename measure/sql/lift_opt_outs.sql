-- Who took consent back in their time, and who complained doing so.
SELECT
    a.seat,
    MAX(CASE WHEN c.source LIKE '%: complained' THEN 0 ELSE 1 END) AS has_unsubscribed,
    MAX(CASE WHEN c.source LIKE '%: complained' THEN 1 ELSE 0 END) AS has_complained
FROM assigned AS a
JOIN consents AS c ON c.user_id = a.unit AND c.effective_at > a.since AND c.effective_at < a.until
WHERE c.status IN ('withdrawn', 'denied')
GROUP BY a.seat
