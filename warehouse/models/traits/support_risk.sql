-- name: support_risk
-- grain: user_id
-- type: number
-- owner: support
-- freshness: 86400
-- meaning: How much support trouble the user has, 0 to 1, from the reasons of the last 90 days' tickets and how long they took.
WITH tickets AS (
    SELECT
        user_id,
        SUM(
            CASE ticket_reason WHEN 'billing' THEN 0.5 WHEN 'bug' THEN 0.4 WHEN 'account' THEN 0.4 ELSE 0.2 END
            * CASE
                WHEN closed_at IS NULL OR closed_at >= $as_of THEN 1.0
                WHEN DATE_DIFF('hour', created_at, closed_at) >= 72 THEN 0.6
                ELSE 0.3
            END
        ) AS trouble
    FROM fct_support
    WHERE created_at >= $as_of - INTERVAL '90' DAY AND created_at < $as_of
    GROUP BY user_id
)
SELECT u.user_id, CAST(ROUND(LEAST(COALESCE(t.trouble, 0), 1.0), 2) AS DOUBLE) AS support_risk
FROM dim_users AS u
LEFT JOIN tickets AS t ON t.user_id = u.user_id
WHERE u.merged_into IS NULL
