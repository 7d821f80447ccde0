-- Ghosts count as if they had been sent: otherwise a held-out user would be offered more often.
SELECT c.number, list(DISTINCT p.place) AS places
FROM past p
JOIN candidates c ON c.policy_key = p.policy_key AND c.action_key = p.action_key
WHERE p.decided_at > $as_of - to_seconds(c.expires_after_seconds) AND NOT c.repeats
GROUP BY c.number
