-- Attempts to subscribe, as they would go without any message.
CREATE OR REPLACE TEMP TABLE base_attempts AS
WITH tried AS (
    SELECT
        v.ordinal, v.key, v.device_os, v.day, v.visit_at AS attempt_at, r.app_version,
        draw(v.key, 'compare', v.day) AS compares, draw(v.key, 'checkout', v.day) AS checks_out, draw(v.key, 'pay', v.day) AS pays
    FROM visits v JOIN versions r ON r.device_os = v.device_os AND r.day = v.day - v.update_lag
    WHERE draw(v.key, 'pricing', v.day) < 0.040 * v.intent * (CASE WHEN v.day - v.signup_day < 21 THEN 2.2 ELSE 0.8 END)
),
reached AS (
    SELECT
        t.ordinal, t.key, t.day, t.attempt_at, t.app_version,
        CASE
            WHEN t.compares >= 0.66 THEN 1
            WHEN t.checks_out >= 0.60 * (CASE WHEN t.attempt_at >= w.cause_at THEN w.checkout_factor ELSE 1.0 END) THEN 2
            WHEN t.pays < 0.64 * (CASE WHEN t.device_os = 'ios' AND t.app_version = '5.4.0' THEN w.paid_factor ELSE 1.0 END) THEN 5
            WHEN t.pays < 0.74 THEN 4
            ELSE 3
        END AS depth
    FROM tried t CROSS JOIN world w
)
SELECT *, FALSE AS from_message FROM reached;

-- Who paid already before the data begins, and since when.
CREATE OR REPLACE TEMP TABLE earlier_payers AS
SELECT p.ordinal, p.signup_at + (w.starts_at - p.signup_at) * 0.5 AS started_at
FROM people p CROSS JOIN world w
WHERE NOT p.is_merged AND p.signup_at < w.starts_at - INTERVAL 3 DAY AND draw(p.key, 'paid before', 0) < 0.16;
