-- The occasion is the cycle, the step is 1: one policy, action and user have one intent in it. A journey's message has
-- the occasion of its run and step, so that two cycles cannot send it twice.
INSERT INTO intents
SELECT
    uuid5(c.policy_key || '/' || c.action_key || '/' || r.user_id || '/' || COALESCE(j.occasion, $cycle_id || '/1')),
    md5($cycle_id || '/' || c.policy_key || '/' || c.action_key || '/' || r.user_id), $cycle_id, $trace_id, c.policy_key,
    c.policy_version, c.action_key, r.user_id, w.channel, $as_of, make_timestamp(r.ready), c.expires_at
FROM granted_rows r
JOIN candidates c ON c.number = r.number
JOIN ways w ON w.number = r.number AND w.place = r.place
LEFT JOIN journey_offers j ON j.offered_at = $as_of AND j.policy_key = c.policy_key AND j.action_key = c.action_key
    AND j.user_id = r.user_id
WHERE NOT r.ghost
