-- What was decided for these users, ghosts included, and whether its message is known by itself.
SELECT
    d.user_id, d.decision_id, epoch_us(d.decided_at), d.policy_key, d.action_key, d.channel, d.ghost,
    epoch_us(COALESCE(s.counts_at, d.decided_at)) AS at, s.offer_terms, epoch_us(s.offer_from), epoch_us(s.offer_until),
    EXISTS (SELECT 1 FROM fct_messages m WHERE m.decision_id = d.decision_id AND m.sent_at IS NOT NULL) AS sent
FROM decisions d
LEFT JOIN slots s ON s.decision_id = d.decision_id
WHERE d.user_id IN (SELECT UNNEST($users)) AND (d.outcome = 'selected' OR d.ghost)
