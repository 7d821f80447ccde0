-- name: user_tickets
-- kind: staging
-- grain: user_id
-- owner: support
-- freshness: 86400
-- meaning: How much trouble the last 90 days' tickets were: more for worse reasons and for those that took long.
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
