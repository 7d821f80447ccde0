-- Who paid while on trial turns the trial into a subscription; who had none gets a new one.
UPDATE fct_subscriptions
SET status = 'active', is_upgrade = TRUE, started_at = r.goal_at
FROM reacting r
WHERE r.converts AND r.user_id = fct_subscriptions.user_id
    AND fct_subscriptions.status = 'trialing' AND fct_subscriptions.trial_end > r.decided_at;

INSERT INTO fct_subscriptions
SELECT r.user_id, 'active', NULL, NULL, FALSE, 'monthly', 12.99, r.goal_at, NULL
FROM reacting r
WHERE r.converts AND NOT EXISTS (SELECT 1 FROM fct_subscriptions s WHERE s.user_id = r.user_id AND s.status = 'active')
ORDER BY r.goal_at, r.user_id;
