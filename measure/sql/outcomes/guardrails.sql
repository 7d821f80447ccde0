-- Decisions of each week on users who were eligible, by what stopped them; an empty reason: nothing did.
SELECT
    w.week, CASE WHEN d.outcome = 'suppressed' THEN d.reason_code ELSE '' END AS reason, COUNT(*) AS decisions,
    COUNT(DISTINCT d.user_id) AS users
FROM decisions AS d
JOIN weeks AS w ON d.decided_at >= w.starts AND d.decided_at < w.ends
GROUP BY w.week, reason
ORDER BY w.week, reason
