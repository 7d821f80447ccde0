-- What one rehearsed day granted, in the columns of `decisions` and of `slots`.
SELECT
    $cycle_id || '/' || row_number() OVER () AS decision_id, $cycle_id AS cycle_id, user_id, CAST($as_of AS TIMESTAMP) AS decided_at,
    policy_key, policy_version, action_key, channel, CASE WHEN ghost THEN 'held_out' ELSE 'selected' END AS outcome, reason_code, ghost,
    make_timestamp(ready) AS counts_at, CAST(NULL AS VARCHAR) AS offer_terms, CAST(NULL AS TIMESTAMP) AS offer_from,
    CAST(NULL AS TIMESTAMP) AS offer_until
FROM rehearsed_rows
