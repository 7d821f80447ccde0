-- What live journeys decided for runs that would be of the version that is tried.
SELECT d.decision_id
FROM live.decisions AS d
JOIN live.journey_offers AS o ON o.offered_at = d.decided_at AND o.policy_key = d.policy_key AND o.action_key = d.action_key
    AND o.user_id = d.user_id
WHERE o.run_id IN (SELECT run_id FROM runs_replaced)
