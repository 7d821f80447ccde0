-- Where the record of a decision is: its cycle, its user's place in a chunk, what the chunk brought and the rules.
SELECT d.cycle_id, d.user_id, d.decided_at, k.chunk, u.place, k.state, r.rules
FROM decisions d
JOIN record_chunks k ON k.cycle_id = d.cycle_id
JOIN record_users u ON u.roster = k.roster AND u.user_id = d.user_id
JOIN record_cycles r ON r.cycle_id = d.cycle_id
WHERE d.decision_id = $decision_id
