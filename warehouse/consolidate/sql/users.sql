-- What events say about the people due: of the canonical user everything their ids said, of a merged id its own.
CREATE OR REPLACE TEMP TABLE said_by AS
WITH due AS (
    SELECT m.* FROM identity_map m SEMI JOIN due_users d ON d.user_id = m.user_id WHERE m.reason <> 'shared_device' AND m.kind IN ('user_id', 'anonymous_id')
),
speakers AS (
    SELECT user_id, node_id, CASE WHEN kind = 'user_id' THEN valid_from END AS first_seen, CAST(NULL AS VARCHAR) AS merged_into FROM due
    UNION ALL
    SELECT value, node_id, valid_from, user_id FROM due WHERE kind = 'user_id' AND value <> user_id
)
SELECT s.user_id, MIN(s.first_seen) AS first_seen, ANY_VALUE(s.merged_into) AS merged_into,
    MIN(t.device_os).value AS device_os, MIN(t.utm_source).value AS utm_source, MAX(t.country).value AS country,
    CAST(MAX(t.marketing_opt_in).value AS BOOLEAN) AS marketing_opt_in, MAX(t.timezone).value AS timezone, MAX(t.email).value AS email,
    CAST(CAST(MAX(t.created_at).value AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS TIMESTAMP) AS created_at, MAX(t.app_version).value AS app_version
FROM speakers s LEFT JOIN said_traits t ON t.node_id = s.node_id
GROUP BY s.user_id;

-- What is known from elsewhere: what stood there before, and whatever somebody else has written over ours.
CREATE OR REPLACE TEMP TABLE elsewhere AS
WITH seen AS (
    SELECT c.*, w.user_id IS NOT NULL AS ours, w AS written, e AS before
    FROM dim_users c SEMI JOIN due_users d ON d.user_id = c.user_id
    LEFT JOIN users_written w ON w.user_id = c.user_id
    LEFT JOIN users_elsewhere e ON e.user_id = c.user_id
),
parted AS (
    SELECT user_id, ours, before.user_id IS NOT NULL AS stood,
        CASE WHEN ours AND device_os IS NOT DISTINCT FROM written.device_os THEN before.device_os ELSE device_os END AS device_os,
        CASE WHEN ours AND utm_source IS NOT DISTINCT FROM written.utm_source THEN before.utm_source ELSE utm_source END AS utm_source,
        CASE WHEN ours AND country IS NOT DISTINCT FROM written.country THEN before.country ELSE country END AS country,
        CASE WHEN ours AND marketing_opt_in IS NOT DISTINCT FROM written.marketing_opt_in THEN before.marketing_opt_in ELSE marketing_opt_in END AS marketing_opt_in,
        CASE WHEN ours AND timezone IS NOT DISTINCT FROM written.timezone THEN before.timezone ELSE timezone END AS timezone,
        CASE WHEN ours AND email IS NOT DISTINCT FROM written.email THEN before.email ELSE email END AS email,
        CASE WHEN ours AND signup_at IS NOT DISTINCT FROM written.signup_at THEN before.signup_at ELSE signup_at END AS signup_at,
        CASE WHEN ours AND app_version IS NOT DISTINCT FROM written.app_version THEN before.app_version ELSE app_version END AS app_version,
        CASE WHEN ours AND merged_into IS NOT DISTINCT FROM written.merged_into THEN before.merged_into ELSE merged_into END AS merged_into
    FROM seen
)
SELECT * EXCLUDE (ours, stood) FROM parted
WHERE NOT ours OR stood OR COALESCE(device_os, utm_source, country, timezone, email, app_version, merged_into) IS NOT NULL
    OR marketing_opt_in IS NOT NULL OR signup_at IS NOT NULL;

CREATE OR REPLACE TEMP TABLE new_users AS
SELECT COALESCE(s.user_id, e.user_id) AS user_id, COALESCE(s.device_os, e.device_os) AS device_os, COALESCE(s.utm_source, e.utm_source) AS utm_source,
    COALESCE(s.country, e.country) AS country, COALESCE(s.marketing_opt_in, e.marketing_opt_in) AS marketing_opt_in,
    COALESCE(s.timezone, e.timezone) AS timezone, COALESCE(s.email, e.email) AS email,
    COALESCE(s.created_at, e.signup_at, s.first_seen) AS signup_at, COALESCE(s.app_version, e.app_version) AS app_version,
    COALESCE(s.merged_into, e.merged_into) AS merged_into, s.user_id IS NOT NULL AS ours
FROM said_by s FULL JOIN elsewhere e ON e.user_id = s.user_id;

-- A user of whom no event speaks any more is what they were elsewhere, or gone.
DELETE FROM dim_users WHERE user_id IN (SELECT user_id FROM due_users) AND user_id NOT IN (SELECT user_id FROM new_users);
UPDATE dim_users SET device_os = n.device_os, utm_source = n.utm_source, country = n.country, marketing_opt_in = n.marketing_opt_in,
    timezone = n.timezone, email = n.email, signup_at = n.signup_at, app_version = n.app_version, merged_into = n.merged_into
FROM new_users n
WHERE n.user_id = dim_users.user_id AND (
    n.device_os, n.utm_source, n.country, n.marketing_opt_in, n.timezone, n.email, n.signup_at, n.app_version, n.merged_into
) IS DISTINCT FROM (
    dim_users.device_os, dim_users.utm_source, dim_users.country, dim_users.marketing_opt_in, dim_users.timezone, dim_users.email,
    dim_users.signup_at, dim_users.app_version, dim_users.merged_into);
INSERT INTO dim_users BY NAME
SELECT * EXCLUDE (ours) FROM new_users n ANTI JOIN dim_users u ON u.user_id = n.user_id ORDER BY n.user_id;
DELETE FROM users_written WHERE user_id IN (SELECT user_id FROM due_users);
INSERT INTO users_written BY NAME SELECT * EXCLUDE (ours) FROM new_users WHERE ours;
DELETE FROM users_elsewhere WHERE user_id IN (SELECT user_id FROM due_users);
INSERT INTO users_elsewhere BY NAME SELECT * FROM elsewhere;
