-- The identity whose bucket counts for a merged person, where it is not their own: the one that was exposed first. A global
-- holdout has no policy, a holdout of a policy no action.
CREATE OR REPLACE TEMP TABLE stand_ins AS
SELECT person, policy_key, action_key, user_id
FROM (
    SELECT person, CAST(NULL AS VARCHAR) AS policy_key, CAST(NULL AS VARCHAR) AS action_key, MIN_BY(user_id, (since, user_id)) AS user_id
    FROM exposures GROUP BY person
    UNION ALL
    SELECT person, policy_key, NULL, MIN_BY(user_id, (since, user_id)) FROM exposures GROUP BY person, policy_key
    UNION ALL
    SELECT person, policy_key, action_key, MIN_BY(user_id, (since, user_id)) FROM exposures GROUP BY person, policy_key, action_key
) AS first
WHERE user_id <> person
