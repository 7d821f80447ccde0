-- Whom each policy leaves alone: those it decided for within its cooldown, or ever.
SELECT p.policy_key, list(DISTINCT p.place) AS places
FROM past p
JOIN (SELECT policy_key, MIN(cooldown_seconds) AS seconds FROM candidates GROUP BY policy_key) AS c ON c.policy_key = p.policy_key
WHERE c.seconds IS NULL OR p.decided_at > $as_of - to_seconds(c.seconds)
GROUP BY p.policy_key
