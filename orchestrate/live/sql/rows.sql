-- What was decided, each with the names of what its numbers stand for.
CREATE OR REPLACE TEMP TABLE decision_rows AS
SELECT
    md5(u.cycle_id || '/' || c.policy_key || '/' || c.action_key || '/' || u.user_id) AS decision_id, u.cycle_id, u.trace_id, u.user_id, u.at,
    c.policy_key, c.policy_version, c.action_key, w.channel, s.outcome, s.reason_code, CAST(n.ghost AS BOOLEAN) AS ghost, n.ready,
    LEAST(u.at + c.expires_after, CAST(c.offer_until AS BIGINT)) AS expires, i.intent_id, c.offer_terms,
    CAST(c.offer_from AS BIGINT) AS offer_from, CAST(c.offer_until AS BIGINT) AS offer_until
FROM decision_numbers n
JOIN decision_users u ON u.owner = n.owner
JOIN decision_candidates c ON c.number = n.number
JOIN decision_ways w ON w.number = n.number AND w.place = GREATEST(n.place, 0)
JOIN decision_reasons s ON s.reason = n.reason
LEFT JOIN decision_intents i ON i.owner = n.owner AND i.number = n.number
