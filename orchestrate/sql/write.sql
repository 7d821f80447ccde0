-- Keep it: decisions from eligibility on, a record for every candidate, an intent for every winner.
INSERT INTO decisions (
    decision_id, cycle_id, user_id, decided_at, policy_key, policy_version, action_key, channel, outcome, reason_code, ghost
)
SELECT
    o.decision_id, c.cycle_id, o.user_id, c.as_of, o.policy_key, o.policy_version, o.action_key, o.channel, o.outcome,
    o.reason_code, o.ghost
FROM outcome o CROSS JOIN cycle c
WHERE o.eligible AND o.applicable
ORDER BY o.policy_key, o.user_id, o.action_key;

INSERT INTO decision_records
SELECT
    c.cycle_id, o.user_id, o.policy_key, o.policy_version, o.action_key, o.tier, o.score, o.reason_code, o.eligible,
    o.applicable, o.suppressed, o.stopped
FROM outcome o CROSS JOIN cycle c;

-- The occasion is the cycle, the step is 1: one policy, action and user have one intent in it. A journey's message has
-- the occasion of its run and step, so that two cycles cannot send it twice.
INSERT INTO intents
SELECT
    uuid5(o.policy_key || '/' || o.action_key || '/' || o.user_id || '/' || COALESCE(j.occasion, c.cycle_id || '/1')), o.decision_id, c.cycle_id,
    c.trace_id, o.policy_key, o.policy_version, o.action_key, o.user_id, o.channel, c.as_of, o.not_before,
    c.as_of + to_seconds(o.expires_after_seconds)
FROM outcome o CROSS JOIN cycle c
LEFT JOIN journey_offers j ON j.offered_at = c.as_of AND j.policy_key = o.policy_key AND j.action_key = o.action_key
    AND j.user_id = o.user_id
WHERE o.outcome = 'selected';
