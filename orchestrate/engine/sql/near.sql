-- Whose last message, or ghost, is closer than the minimum gap.
SELECT DISTINCT place, ghost FROM ledger l WHERE l.at > $as_of - to_seconds($gap)
