-- Each label with the values that were known at its moment: never one that was known only later.
SELECT l.user_id, l.at, s.trait, s.value, s.known_at, s.event_at
FROM labels AS l
JOIN spans AS s ON s.user_id = l.user_id AND s.known_at <= l.at AND (s.known_until IS NULL OR l.at < s.known_until)
WHERE s.fingerprint IS NOT NULL
