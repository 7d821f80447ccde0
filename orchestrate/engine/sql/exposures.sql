-- Which identity of a merged person a policy, or an action of it, reached first: as a message, or as a ghost's.
CREATE OR REPLACE TEMP TABLE exposures AS
SELECT i.person, i.user_id, d.policy_key, d.action_key, MIN(d.decided_at) AS since
FROM decisions d
JOIN (SELECT user_id, person FROM former_ids UNION ALL SELECT DISTINCT person, person FROM former_ids) AS i ON i.user_id = d.user_id
WHERE d.cycle_id <> $cycle_id AND d.decided_at <= $until AND (d.outcome = 'selected' OR d.ghost)
    AND d.decision_id NOT IN (SELECT decision_id FROM released)
GROUP BY i.person, i.user_id, d.policy_key, d.action_key
