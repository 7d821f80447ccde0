-- Everybody a policy decided for since a moment, and whether and when they reach the goal.
CREATE OR REPLACE TEMP TABLE reacting AS
WITH decided AS (
    SELECT d.*, row_number() OVER (PARTITION BY d.user_id ORDER BY d.decided_at, d.decision_id) AS place
    FROM decisions d
    WHERE d.policy_key = $policy_key AND d.decided_at >= $after AND d.outcome IN ('selected', 'held_out')
        AND (CAST($action_key AS VARCHAR) IS NULL OR d.action_key = $action_key)
),
drawn AS (
    SELECT d.user_id, d.decided_at, d.outcome, hash(d.user_id, CAST($seed AS BIGINT), 'reaction') AS key
    FROM decided d WHERE d.place = 1
),
dated AS (
    SELECT
        d.*, (hash(d.key, 'goal') >> 11) * (1.0 / 9007199254740992.0)
            < $base_rate + CASE WHEN d.outcome = 'selected' THEN $lift ELSE 0.0 END AS converts,
        -- Never in the first hour nor the last: the message must be out, the horizon not over.
        date_trunc('second', d.decided_at) + to_seconds(CAST(3600 + floor(
            ($horizon_days * 86400 - 7200) * ((hash(d.key, 'when') >> 11) * (1.0 / 9007199254740992.0))) AS BIGINT)) AS goal_at
    FROM drawn d
)
SELECT *, 'r' || left(md5($policy_key || ':' || $goal_event || ':' || user_id || ':' || CAST(decided_at AS VARCHAR)), 20) AS message_id
FROM dated;
