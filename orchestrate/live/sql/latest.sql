-- The last place in the log that was loaded.
SELECT COALESCE(MAX(seq), -1) FROM raw_events
