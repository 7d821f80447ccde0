/* For how many users a rule was on each day, and what became of them: from the decisions that are kept. */
SELECT
    CAST(d.decided_at AS DATE) AS day, COUNT(DISTINCT d.user_id) AS eligible,
    SUM(CASE WHEN d.outcome = 'selected' AND NOT d.ghost THEN 1 ELSE 0 END) AS messages,
    SUM(CASE WHEN d.outcome = 'held_out' THEN 1 ELSE 0 END) AS held_out,
    SUM(CASE WHEN d.outcome = 'lost' THEN 1 ELSE 0 END) AS lost
FROM decisions AS d
WHERE d.policy_key = :policy_key AND d.decided_at >= :since
GROUP BY 1
ORDER BY 1
