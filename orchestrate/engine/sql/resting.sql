-- Whom each version of a policy leaves alone: those for whom any version decided within its cooldown, or ever.
SELECT c.policy_key || '@' || c.policy_version AS named, list(DISTINCT p.place) AS places
FROM past p
JOIN (
    SELECT policy_key, policy_version, MIN(cooldown_seconds) AS seconds FROM candidates GROUP BY policy_key, policy_version
) AS c ON c.policy_key = p.policy_key
WHERE c.seconds IS NULL OR p.decided_at > $as_of - to_seconds(c.seconds)
GROUP BY named
