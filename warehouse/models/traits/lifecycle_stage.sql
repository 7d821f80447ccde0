-- name: lifecycle_stage
-- grain: user_id
-- type: string
-- values: prospect, trialing, trial_expired, subscribed, churned
-- owner: data
-- freshness: 86400
-- audit: not_null
-- meaning: Where the user is in their life with us: never on a plan, on trial, after an unpaid trial, paying, or no longer paying.
SELECT
    user_id,
    CASE
        WHEN paying = 1 THEN 'subscribed'
        WHEN trialing = 1 THEN 'trialing'
        WHEN paid = 1 THEN 'churned'
        WHEN had_plan THEN 'trial_expired'
        ELSE 'prospect'
    END AS lifecycle_stage
FROM user_facts
