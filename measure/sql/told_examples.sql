/* Of the latest decisions one user for each outcome, for somebody who has no user in mind. */
SELECT d.outcome, MIN(d.user_id) AS user_id
FROM decisions AS d
WHERE d.decided_at = (SELECT MAX(l.decided_at) FROM decisions AS l)
GROUP BY d.outcome
ORDER BY d.outcome = 'selected' DESC, d.outcome
