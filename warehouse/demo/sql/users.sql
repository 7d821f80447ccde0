-- The user dimension: attributes with the gaps that real ones have, and the rows of users merged away.
-- What raw events say: an account that was merged away says nothing of itself but its platform.
CREATE OR REPLACE TABLE dim_users AS
WITH emailed AS (
    SELECT user_id, status, row_number() OVER (PARTITION BY user_id ORDER BY effective_at DESC) AS place
    FROM new_fct_consent WHERE channel = 'email'
),
told AS (
    SELECT
        p.*,
        CASE
            WHEN draw(p.key, 'opt in lost', 0) < 0.04 THEN NULL
            WHEN draw(p.key, 'opt in wrong', 0) < 0.02 THEN coalesce(e.status, 'denied') <> 'granted'
            WHEN e.status IS NOT NULL THEN e.status = 'granted'
        END AS marketing_opt_in,
        CASE WHEN draw(p.key, 'no email', 0) >= 0.05 THEN p.user_id || '@example.com' END AS email
    FROM people p LEFT JOIN emailed e ON e.user_id = p.user_id AND e.place = 1
)
SELECT
    p.user_id, p.device_os, CASE WHEN NOT p.is_merged THEN p.utm_source END AS utm_source, CASE WHEN NOT p.is_merged THEN p.country END AS country,
    CASE WHEN NOT p.is_merged THEN p.marketing_opt_in END AS marketing_opt_in, CASE WHEN NOT p.is_merged THEN p.timezone END AS timezone,
    CASE WHEN NOT p.is_merged THEN p.email END AS email, a.signup_at, CASE WHEN NOT p.is_merged THEN a.app_version END AS app_version, a.merged_into
FROM told p JOIN accounts a ON a.ordinal = p.ordinal
ORDER BY p.user_id;
