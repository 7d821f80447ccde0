-- What is offered at this moment: of a user's runs with the same message due, the one that entered first.
DELETE FROM journey_offers WHERE offered_at = $as_of;

INSERT INTO journey_offers
SELECT $as_of, policy_key, action_key, user_id, run_id, step, run_id || '/' || step
FROM (
    SELECT
        r.journey_key || '@' || CAST(r.version AS VARCHAR) AS policy_key, a.action_key, r.user_id, r.run_id, r.step,
        ROW_NUMBER() OVER (
            PARTITION BY r.journey_key, r.version, a.action_key, r.user_id ORDER BY r.entered_at, r.run_id
        ) AS place
    FROM jr_runs r
    JOIN jr_actions a ON a.journey_key = r.journey_key AND a.version = r.version AND a.step = r.step
) offered
WHERE place = 1;
