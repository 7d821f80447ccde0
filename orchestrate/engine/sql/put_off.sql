-- The earliest decision of the cycles that granted a message which counts at a moment that matters.
SELECT MIN(d.decided_at) FROM decisions d WHERE d.cycle_id IN (SELECT DISTINCT s.cycle_id FROM slots s WHERE s.counts_at >= $counted)
