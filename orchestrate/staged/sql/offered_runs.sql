-- The messages of one user's runs that a cycle of staging decided on at a moment.
SELECT DISTINCT o.policy_key, o.action_key
FROM journey_offers AS o
JOIN decisions AS d ON d.decided_at = o.offered_at AND d.policy_key = o.policy_key AND d.action_key = o.action_key
    AND d.user_id = o.user_id
WHERE o.offered_at = $as_of AND o.user_id = $user
