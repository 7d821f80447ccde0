/* What a version of a rule decided, by action, outcome and reason. */
SELECT
    d.action_key, d.outcome, d.reason_code, d.ghost, COUNT(*) AS decisions, COUNT(DISTINCT d.user_id) AS users,
    MIN(d.decided_at) AS first_at, MAX(d.decided_at) AS last_at
FROM decisions AS d
WHERE d.policy_key = :policy_key AND d.policy_version = :policy_version
GROUP BY d.action_key, d.outcome, d.reason_code, d.ghost
ORDER BY decisions DESC, d.action_key, d.outcome, d.reason_code
