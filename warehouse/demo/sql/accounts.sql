-- Whom each account belongs to: the survivor is one of the four users who signed up just before, who are never merged.
CREATE OR REPLACE TEMP TABLE accounts AS
WITH persons AS (
    SELECT p.ordinal, p.key, p.user_id, p.anonymous_id, p.signup_at, p.is_merged, p.device_os, p.update_lag,
        CASE WHEN p.is_merged THEN 'u' || lpad(CAST(p.ordinal - 1 - CAST(floor(4 * draw(p.key, 'survivor', 0)) AS BIGINT) AS VARCHAR), 7, '0') END AS merged_into
    FROM people p
),
shared AS (
    SELECT anonymous_id FROM persons GROUP BY anonymous_id HAVING count(DISTINCT coalesce(merged_into, user_id)) > 1
)
SELECT p.* REPLACE (
        -- Where many arrive at once, ids do not follow sign-up order: a second account is never opened before the first.
        CASE WHEN p.is_merged THEN least(greatest(p.signup_at, first.signup_at + INTERVAL 1 SECOND), w.as_of - INTERVAL 1 SECOND) ELSE p.signup_at END AS signup_at
    ), v.app_version, s.anonymous_id IS NOT NULL AS on_shared_device,
    -- The morning after which the device runs the version that it ends with; a visit of the evening before may last into it.
    w.starts_at + INTERVAL 6 HOUR + to_days(CAST(p.update_lag + (SELECT min(x.day) FROM versions x WHERE x.device_os = v.device_os AND x.app_version = v.app_version) AS INTEGER)) AS updated_at
FROM persons p CROSS JOIN world w
JOIN versions v ON v.device_os = p.device_os AND v.day = w.days - 1 - p.update_lag
LEFT JOIN persons first ON first.user_id = p.merged_into
LEFT JOIN shared s ON s.anonymous_id = p.anonymous_id;
