-- One clock: the status is worked out again from the times; a plan not yet bought was not yet chosen.
SELECT * REPLACE (
    CASE
        WHEN started_at < $at AND (ended_at IS NULL OR ended_at >= $at) THEN 'active'
        WHEN started_at < $at THEN status
        WHEN trial_end <= $at AND status <> 'trialing' THEN 'expired'
        ELSE 'trialing'
    END AS status,
    COALESCE(is_upgrade AND started_at < $at, FALSE) AS is_upgrade,
    CASE WHEN started_at >= $at THEN NULL ELSE plan END AS plan,
    CASE WHEN started_at >= $at THEN NULL ELSE price END AS price,
    CASE WHEN started_at < $at THEN started_at END AS started_at,
    CASE WHEN ended_at < $at THEN ended_at END AS ended_at
)
FROM fct_subscriptions
WHERE COALESCE(trial_start, started_at) < $at
