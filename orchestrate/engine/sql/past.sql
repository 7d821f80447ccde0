-- What was decided for these users before and not given back. What was put off to a moment that counts is not forgotten.
CREATE OR REPLACE TEMP TABLE past AS
SELECT
    d.place, d.decision_id, d.decided_at, d.policy_key, d.action_key, d.channel, d.ghost,
    COALESCE(s.counts_at, d.decided_at) AS at, s.offer_terms, s.offer_from, s.offer_until
FROM (
    SELECT place, d.* FROM decisions d JOIN chunk_users u ON u.user_id = d.user_id WHERE CAST(d.user_id AS VARCHAR) BETWEEN $first AND $last AND own
    UNION ALL
    SELECT place, d.* FROM decisions d JOIN chunk_users u ON u.user_id = d.user_id WHERE NOT own
) AS d
LEFT JOIN slots s ON s.decision_id = d.decision_id
WHERE d.cycle_id <> $cycle_id AND d.decided_at > $since AND d.decided_at <= $until AND (d.outcome = 'selected' OR d.ghost)
    AND d.decision_id NOT IN (SELECT decision_id FROM released)
