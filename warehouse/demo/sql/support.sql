-- Support tickets: newcomers ask more, some answers take weeks, some never come.
CREATE OR REPLACE TEMP TABLE new_fct_support AS
WITH asked AS (
    SELECT v.ordinal, v.user_id, v.key, v.day, v.visit_at + INTERVAL 400 SECOND AS created_at, draw(v.key, 'reason', v.day) AS reason,
        draw(v.key, 'hours', v.day) AS slowness, draw(v.key, 'csat', v.day) AS mood
    FROM visits v
    WHERE draw(v.key, 'ticket', v.day) < CASE WHEN v.day - v.signup_day < 21 THEN 0.075 ELSE 0.003 END
),
answered AS (
    SELECT a.*, CASE WHEN draw(a.key, 'forgotten', a.day) >= 0.04
        THEN a.created_at + to_seconds(CAST(3600 * (2 + 110 * a.slowness / (1.06 - a.slowness)) AS BIGINT)) END AS answered_at
    FROM asked a
)
SELECT
    a.user_id,
    CASE WHEN a.reason < 0.24 THEN 'billing' WHEN a.reason < 0.50 THEN 'bug' WHEN a.reason < 0.64 THEN 'account'
        WHEN a.reason < 0.82 THEN 'content' ELSE 'other' END AS ticket_reason,
    a.created_at,
    CASE WHEN a.answered_at < w.as_of AND a.mood < 0.48 THEN CAST(1 + floor(5 * sqrt(a.mood / 0.48)) AS INTEGER) END AS csat_score,
    't' || lpad(CAST(a.ordinal AS VARCHAR), 7, '0') || '-' || lpad(CAST(a.day AS VARCHAR), 4, '0') AS ticket_id,
    CASE WHEN a.answered_at < w.as_of THEN 'closed' ELSE 'open' END AS status,
    CASE WHEN a.answered_at < w.as_of THEN a.answered_at END AS closed_at
FROM answered a CROSS JOIN world w
WHERE a.created_at < w.as_of
ORDER BY a.created_at, a.user_id;
