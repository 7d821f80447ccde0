SELECT MAX(seq), (SELECT COUNT(*) FROM raw_rewrites) FROM raw_events
