-- Whom this run decides on: history of anybody else is not read.
CREATE OR REPLACE TEMP TABLE deciding AS SELECT DISTINCT user_id FROM flags;

-- For every candidate the first channel that the user agreed to, that has an address and that is not stopped.
CREATE OR REPLACE TEMP TABLE consent_now AS
SELECT user_id, purpose, channel, status
FROM (
    SELECT
        f.user_id, f.purpose, f.channel, f.status,
        ROW_NUMBER() OVER (
            PARTITION BY f.user_id, f.purpose, f.channel
            ORDER BY f.effective_at DESC, CASE f.status WHEN 'granted' THEN 1 ELSE 0 END
        ) AS place
    FROM consents_of_users f CROSS JOIN cycle c
    WHERE f.effective_at <= c.as_of AND f.user_id IN (SELECT user_id FROM deciding)
) latest
WHERE place = 1;

CREATE OR REPLACE TEMP TABLE routes AS
WITH options AS (
    SELECT
        f.policy_key, f.action_key, f.user_id, p.place, p.killed,
        p.purpose IS NULL OR COALESCE(s.status = 'granted', FALSE) AS permitted,
        p.purpose IS NOT NULL AND s.status IS NOT NULL AND s.status <> 'granted' AS denied,
        NOT p.needs_address OR a.user_id IS NOT NULL AS reachable
    FROM flags f
    JOIN plan_channels p ON p.policy_key = f.policy_key AND p.action_key = f.action_key
    LEFT JOIN consent_now s ON s.user_id = f.user_id AND s.channel = p.channel AND s.purpose = p.purpose
    LEFT JOIN addresses a ON a.user_id = f.user_id AND a.channel = p.channel
),
summed AS (
    SELECT
        policy_key, action_key, user_id,
        MAX(CASE WHEN permitted THEN 1 ELSE 0 END) = 1 AS permitted,
        MAX(CASE WHEN denied THEN 1 ELSE 0 END) = 1 AS denied,
        MAX(CASE WHEN permitted AND NOT killed THEN 1 ELSE 0 END) = 1 AS open,
        MIN(CASE WHEN permitted AND NOT killed AND reachable THEN place END) AS place
    FROM options
    GROUP BY policy_key, action_key, user_id
)
SELECT s.policy_key, s.action_key, s.user_id, s.permitted, s.denied, s.open, p.channel
FROM summed s
LEFT JOIN plan_channels p ON p.policy_key = s.policy_key AND p.action_key = s.action_key AND p.place = s.place;
