-- Every candidate that hindsight decides otherwise, the first few of them, and how many there are.
SELECT policy_key, action_key, user_id, reason_then, reason_now, candidates
FROM (
    SELECT
        COALESCE(t.policy_key, n.policy_key) AS policy_key,
        COALESCE(t.action_key, n.action_key) AS action_key,
        COALESCE(t.user_id, n.user_id) AS user_id,
        COALESCE(t.reason_code, 'NOT_IN_POPULATION') AS reason_then,
        COALESCE(n.reason_code, 'NOT_IN_POPULATION') AS reason_now,
        COUNT(*) OVER () AS candidates
    FROM decided_then AS t
    FULL JOIN outcome AS n ON n.policy_key = t.policy_key AND n.action_key = t.action_key AND n.user_id = t.user_id
    WHERE t.reason_code IS DISTINCT FROM n.reason_code
) AS differing
ORDER BY policy_key, action_key, user_id
LIMIT $examples
