-- The user dimension: attributes with the gaps that real ones have, and the rows of users merged away.
CREATE OR REPLACE TABLE dim_users AS
WITH emailed AS (
    SELECT user_id, status, row_number() OVER (PARTITION BY user_id ORDER BY effective_at DESC) AS place
    FROM new_fct_consent WHERE channel = 'email'
)
SELECT
    p.user_id, p.device_os, p.utm_source, p.country,
    CASE
        WHEN draw(p.key, 'opt in lost', 0) < 0.04 THEN NULL
        WHEN draw(p.key, 'opt in wrong', 0) < 0.02 THEN coalesce(e.status, 'denied') <> 'granted'
        WHEN e.status IS NOT NULL THEN e.status = 'granted'
    END AS marketing_opt_in,
    p.timezone,
    CASE WHEN draw(p.key, 'no email', 0) >= 0.05 THEN p.user_id || '@example.com' END AS email,
    p.signup_at, v.app_version,
    -- The survivor is one of the four users who signed up just before; those are never merged themselves.
    CASE WHEN p.is_merged THEN 'u' || lpad(CAST(p.ordinal - 1 - CAST(floor(4 * draw(p.key, 'survivor', 0)) AS BIGINT) AS VARCHAR), 7, '0') END AS merged_into
FROM people p CROSS JOIN world w
JOIN versions v ON v.device_os = p.device_os AND v.day = w.days - 1 - p.update_lag
LEFT JOIN emailed e ON e.user_id = p.user_id AND e.place = 1
ORDER BY p.user_id;
