-- What users agreed to, channel by channel: a history, not a flag. One user in eleven never answered.
CREATE OR REPLACE TEMP TABLE new_fct_consent AS
WITH asked AS (
    SELECT p.user_id, p.key, p.signup_at, c.channel, c.granted_share, c.slot
    FROM people p
    CROSS JOIN (VALUES ('email', 0.74, 1), ('push', 0.68, 2), ('sms', 0.22, 3), ('in_app', 0.93, 4)) AS c(channel, granted_share, slot)
    WHERE NOT p.is_merged AND draw(p.key, 'answers', 0) >= 0.09
),
answered AS (
    SELECT a.*, a.signup_at + to_seconds(30 + 5 * a.slot) AS answered_at,
        draw(a.key, 'grants', a.slot) < a.granted_share AS granted
    FROM asked a
),
changed AS (
    SELECT a.*, a.answered_at + to_seconds(CAST(86400 * (1 + 200 * draw(a.key, 'changes at', a.slot)) AS BIGINT)) AS changed_at
    FROM answered a WHERE draw(a.key, 'changes', a.slot) < CASE WHEN a.granted THEN 0.12 ELSE 0.05 END
),
statements AS (
    SELECT user_id, channel, CASE WHEN granted THEN 'granted' ELSE 'denied' END AS status, answered_at AS effective_at, 'signup_form' AS source
    FROM answered
    UNION ALL
    SELECT user_id, channel, CASE WHEN granted THEN 'withdrawn' ELSE 'granted' END, changed_at, 'preference_center' FROM changed
)
SELECT
    s.user_id, 'marketing' AS purpose, s.channel, s.status, s.effective_at,
    s.effective_at + INTERVAL 2 SECOND AS observed_at, s.source
FROM statements s CROSS JOIN world w
WHERE s.effective_at + INTERVAL 2 SECOND < w.as_of
ORDER BY s.effective_at, s.user_id, s.channel;
