-- Who of an audience is left out, and why: the first reason in the order of reason codes. Somebody is held out as well when only
-- an id of theirs that was merged is: whom a holdout compares with must not see the advertisement.
CREATE OR REPLACE TEMP TABLE judged AS
WITH units AS (
    SELECT user_id AS person, user_id AS unit FROM candidates
    UNION ALL
    SELECT person, user_id FROM former_ids
),
held AS (
    SELECT
        person,
        bool_or(COALESCE(substr(md5($global_salt || ':' || unit), 1, 8) < COALESCE($global_end, 'g'), FALSE)) AS of_all,
        bool_or(COALESCE(substr(md5($policy_salt || ':' || unit), 1, 8) < COALESCE($policy_end, 'g'), FALSE)) AS of_rule
    FROM units
    GROUP BY person
)
SELECT
    c.user_id,
    CASE
        WHEN h.of_all THEN 'HELD_OUT_GLOBAL'
        WHEN s.status IS NULL THEN 'CONSENT_UNKNOWN'
        WHEN s.status <> 'granted' THEN 'NO_CONSENT'
        WHEN h.of_rule THEN 'HELD_OUT_POLICY'
    END AS reason
FROM candidates AS c
JOIN held AS h ON h.person = c.user_id
LEFT JOIN said AS s ON s.intent_id = c.user_id
