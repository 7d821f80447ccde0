-- The earliest decision whose message counts at a moment that matters.
SELECT MIN(d.decided_at) FROM slots s JOIN decisions d ON d.decision_id = s.decision_id WHERE s.counts_at >= $counted
