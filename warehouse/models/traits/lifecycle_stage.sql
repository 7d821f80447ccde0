-- name: lifecycle_stage
-- grain: user_id
-- type: string
-- values: prospect, trialing, trial_expired, subscribed, churned
-- owner: data
-- freshness: 86400
-- meaning: Where the user is in their life with us: never on a plan, on trial, after an unpaid trial, paying, or no longer paying.
WITH plans AS (
    SELECT
        user_id,
        MAX(CASE WHEN started_at < $as_of AND (ended_at IS NULL OR ended_at >= $as_of) THEN 1 ELSE 0 END) AS paying,
        MAX(CASE WHEN started_at < $as_of THEN 1 ELSE 0 END) AS paid,
        MAX(CASE WHEN trial_start < $as_of AND trial_end > $as_of AND (started_at IS NULL OR started_at >= $as_of) THEN 1 ELSE 0 END) AS trialing
    FROM fct_subscriptions
    WHERE COALESCE(trial_start, started_at) < $as_of
    GROUP BY user_id
)
SELECT
    u.user_id,
    CASE
        WHEN p.paying = 1 THEN 'subscribed'
        WHEN p.trialing = 1 THEN 'trialing'
        WHEN p.paid = 1 THEN 'churned'
        WHEN p.user_id IS NOT NULL THEN 'trial_expired'
        ELSE 'prospect'
    END AS lifecycle_stage
FROM dim_users AS u
LEFT JOIN plans AS p ON p.user_id = u.user_id
WHERE u.merged_into IS NULL
