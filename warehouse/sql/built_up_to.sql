-- The models whose values readers see, and up to what arrival their counters have read events.
SELECT b.fingerprint, COALESCE((SELECT MIN(received_up_to) FROM models.counters), b.as_of) AS seen
FROM models.meta_builds b
WHERE b.state = 'live'
