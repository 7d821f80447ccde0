-- Why each candidate stops before arbitration, in stage order; then who wins, in one total order.
CREATE OR REPLACE TEMP TABLE staged AS
SELECT
    f.user_id, f.score, f.eligible, f.applicable, f.suppressed, f.stopped, r.channel, p.*,
    COALESCE(
        c.global_held_out AND left(md5(c.global_salt || ':' || f.user_id), 8) < COALESCE(c.global_end, 'g'), FALSE
    ) AS is_global_held_out,
    COALESCE(
        p.held_out AND left(md5(p.holdout_salt || ':' || f.user_id), 8) < COALESCE(p.holdout_end, 'g'), FALSE
    ) AS is_held_out,
    v.user_id IS NOT NULL AS is_still_valid,
    CASE
        WHEN p.stale THEN 'STALE_DATA'
        WHEN p.killed OR (r.permitted AND NOT r.open) THEN 'KILLED'
        WHEN NOT r.permitted AND r.denied THEN 'NO_CONSENT'
        WHEN NOT r.permitted THEN 'CONSENT_UNKNOWN'
        WHEN f.eligible IS NOT TRUE THEN 'INELIGIBLE'
        WHEN f.applicable IS NOT TRUE THEN 'NOT_APPLICABLE'
        WHEN f.suppressed THEN 'SUPPRESSED_STATE'
        WHEN o.user_id IS NOT NULL OR t.user_id IS NOT NULL THEN 'SUPPRESSED_OUTCOME'
        WHEN f.stopped THEN 'STOPPED'
        WHEN f.suppressed IS NULL OR f.stopped IS NULL THEN 'INPUT_UNKNOWN'
        WHEN r.channel IS NULL THEN 'UNREACHABLE'
    END AS stopped_by
FROM flags f
JOIN plan p ON p.policy_key = f.policy_key AND p.action_key = f.action_key
JOIN routes r ON r.policy_key = f.policy_key AND r.action_key = f.action_key AND r.user_id = f.user_id
LEFT JOIN paused o ON o.policy_key = f.policy_key AND o.action_key = f.action_key AND o.user_id = f.user_id
LEFT JOIN resting t ON t.policy_key = f.policy_key AND t.user_id = f.user_id
LEFT JOIN still_valid v ON v.policy_key = f.policy_key AND v.action_key = f.action_key AND v.user_id = f.user_id
CROSS JOIN cycle c;

-- tier, score from high to low with a missing one last, place in the policy, action key: no two are equal.
CREATE OR REPLACE TEMP TABLE ranked AS
WITH placed AS (
    SELECT
        s.*, ROW_NUMBER() OVER (
            PARTITION BY policy_key, user_id ORDER BY tier, score DESC NULLS LAST, position, action_key
        ) <= k AS within_policy
    FROM staged s
    WHERE stopped_by IS NULL
)
SELECT
    w.policy_key, w.action_key, w.user_id, w.within_policy,
    -- Policies go before single rules; between policies tier and score decide, then the key.
    w.within_policy AND w.exclusion_group IS NOT NULL AND ROW_NUMBER() OVER (
        PARTITION BY w.user_id, w.exclusion_group, w.within_policy
        ORDER BY w.is_rule, w.tier, w.score DESC NULLS LAST, w.policy_key, w.position, w.action_key
    ) > 1 AS is_excluded
FROM placed w;

-- The winners, each with its turn at the user's caps.
CREATE OR REPLACE TEMP TABLE contenders AS
SELECT
    s.*, s.is_global_held_out OR s.is_held_out AS is_ghost,
    ROW_NUMBER() OVER (
        PARTITION BY s.user_id ORDER BY s.is_rule, s.tier, s.score DESC NULLS LAST, s.policy_key, s.position, s.action_key
    ) AS turn
FROM staged s
JOIN ranked r ON r.policy_key = s.policy_key AND r.action_key = s.action_key AND r.user_id = s.user_id
WHERE r.within_policy AND NOT r.is_excluded;

CREATE OR REPLACE TEMP TABLE contacted (
    policy_key VARCHAR, action_key VARCHAR, user_id VARCHAR, stopped_by VARCHAR, not_before TIMESTAMP
);
