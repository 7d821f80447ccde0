-- name: user_plans
-- kind: staging
-- grain: user_id
-- owner: billing
-- freshness: 86400
-- meaning: Which plans the user has had: whether one is paid, was paid or is on trial.
SELECT
    user_id,
    MAX(CASE WHEN started_at < $as_of AND (ended_at IS NULL OR ended_at >= $as_of) THEN 1 ELSE 0 END) AS paying,
    MAX(CASE WHEN started_at < $as_of THEN 1 ELSE 0 END) AS paid,
    MAX(CASE WHEN trial_start < $as_of AND trial_end > $as_of AND (started_at IS NULL OR started_at >= $as_of) THEN 1 ELSE 0 END) AS trialing
FROM fct_subscriptions
WHERE COALESCE(trial_start, started_at) < $as_of
GROUP BY user_id
