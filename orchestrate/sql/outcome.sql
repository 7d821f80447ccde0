-- One reason for every candidate, in the order of the stages.
CREATE OR REPLACE TEMP TABLE outcome AS
WITH reasoned AS (
    SELECT
        s.*, t.not_before,
        CASE
            WHEN s.stopped_by IN ('STALE_DATA', 'KILLED') THEN s.stopped_by
            WHEN s.is_global_held_out THEN 'HELD_OUT_GLOBAL'
            WHEN s.stopped_by IS NOT NULL THEN s.stopped_by
            WHEN r.is_excluded THEN 'EXCLUSION_GROUP'
            WHEN NOT r.within_policy THEN 'LOWER_PRIORITY'
            WHEN s.is_held_out THEN 'HELD_OUT_POLICY'
            WHEN t.stopped_by IS NOT NULL THEN t.stopped_by
            ELSE 'SELECTED'
        END AS reason_code,
        -- A ghost is a held-out user who would have received it.
        (s.is_global_held_out OR s.is_held_out) AND t.user_id IS NOT NULL AND t.stopped_by IS NULL AS ghost
    FROM staged s
    LEFT JOIN ranked r ON r.policy_key = s.policy_key AND r.action_key = s.action_key AND r.user_id = s.user_id
    LEFT JOIN contacted t ON t.policy_key = s.policy_key AND t.action_key = s.action_key AND t.user_id = s.user_id
)
SELECT
    r.user_id, r.policy_key, r.policy_version, r.action_key, r.tier, r.score, r.reason_code, r.eligible, r.applicable,
    r.suppressed, r.stopped, r.ghost, r.not_before, r.expires_after_seconds,
    CASE
        WHEN r.reason_code = 'SELECTED' THEN 'selected'
        WHEN r.reason_code IN ('HELD_OUT_GLOBAL', 'HELD_OUT_POLICY') THEN 'held_out'
        WHEN r.reason_code IN ('EXCLUSION_GROUP', 'LOWER_PRIORITY') THEN 'lost'
        ELSE 'suppressed'
    END AS outcome,
    COALESCE(r.channel, f.channel) AS channel,
    uuid5(c.cycle_id || '/' || r.policy_key || '/' || r.action_key || '/' || r.user_id) AS decision_id
FROM reasoned r CROSS JOIN cycle c
JOIN plan_channels f ON f.policy_key = r.policy_key AND f.action_key = r.action_key AND f.place = 1;
