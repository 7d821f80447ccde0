-- Places under the caps, real ones and staging's own; whoever reads them asks for those of decisions that it sees.
SELECT s.decision_id, s.cycle_id, s.user_id, s.counts_at, s.ghost, s.offer_terms, s.offer_from, s.offer_until
FROM live.slots AS s
UNION ALL
SELECT s.decision_id, s.cycle_id, s.user_id, s.counts_at, s.ghost, s.offer_terms, s.offer_from, s.offer_until
FROM own.slots AS s
