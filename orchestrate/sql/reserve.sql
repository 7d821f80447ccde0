-- Those who got a place take it, before the next turn asks.
INSERT INTO ledger
SELECT t.user_id, c.as_of, a.message_class, a.channel, a.is_ghost
FROM contacted t
JOIN contenders a ON a.policy_key = t.policy_key AND a.action_key = t.action_key AND a.user_id = t.user_id
CROSS JOIN cycle c
WHERE a.turn = $turn AND t.stopped_by IS NULL;
