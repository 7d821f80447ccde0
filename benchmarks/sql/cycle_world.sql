-- Users with traits, two words on consent each, ten messages in a quarter and a ticket now and then.
CREATE TABLE dim_users AS
SELECT
    'user_' || i AS user_id, 'ios' AS device_os, 'organic' AS utm_source, 'DE' AS country, TRUE AS marketing_opt_in,
    (['Europe/London', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', NULL])[1 + i % 5] AS timezone,
    CASE WHEN i % 20 > 0 THEN 'u' || i || '@example.com' END AS email, TIMESTAMP '2025-01-01' AS signup_at, '1' AS app_version,
    CAST(NULL AS VARCHAR) AS merged_into
FROM range($users) t(i);
CREATE TABLE traits AS
SELECT
    'user_' || i AS user_id, CAST(NULL AS VARCHAR) AS activation_state,
    CASE WHEN hash(i, 1) % 20 > 0 THEN (hash(i, 2) % 100000) / 100000 END AS momentum_score,
    CASE WHEN hash(i, 3) % 20 > 0 THEN (hash(i, 4) % 100000) / 100000 END AS upgrade_intent,
    CASE WHEN hash(i, 5) % 20 > 0 THEN (hash(i, 6) % 100000) / 100000 END AS support_risk,
    CAST(NULL AS VARCHAR) AS preferred_workout_type, CAST(NULL AS VARCHAR) AS lifecycle_stage,
    CASE WHEN hash(i, 7) % 20 > 0 THEN (hash(i, 8) % 100000) / 100000 END AS churn_risk,
    CASE WHEN hash(i, 9) % 20 > 0 THEN (hash(i, 10) % 100000) / 100000 END AS ltv
FROM range($users) t(i);
CREATE TABLE fct_consent AS
SELECT
    'user_' || i AS user_id, 'marketing' AS purpose, c.channel, CASE WHEN hash(i, c.channel) % 10 > 1 THEN 'granted' ELSE 'denied' END AS status,
    TIMESTAMP '2025-06-01' AS effective_at, TIMESTAMP '2025-06-01' AS observed_at, 'app' AS source
FROM range($users) t(i), (VALUES ('push'), ('email')) AS c(channel);
INSERT INTO fct_messages
SELECT
    'm' || i || '_' || n, 'user_' || i, (['push', 'email'])[1 + n % 2], 'action_' || n, 'rule_' || n, NULL, NULL,
    TIMESTAMP '2026-03-02' - INTERVAL 1 DAY * CAST(hash(i, n) % 90 AS INTEGER), NULL, NULL, NULL, NULL
FROM range($users) t(i), range(10) m(n);
CREATE TABLE fct_support AS
SELECT
    'user_' || i AS user_id, 'billing' AS ticket_reason, TIMESTAMP '2026-03-01' AS created_at, CAST(NULL AS INTEGER) AS csat_score, 't' || i AS ticket_id,
    'open' AS status, CAST(NULL AS TIMESTAMP) AS closed_at
FROM range($users) t(i) WHERE i % 15 = 0;
CREATE TABLE fct_events (
    event_time TIMESTAMP, user_id VARCHAR, event_name VARCHAR, properties JSON, message_id VARCHAR, anonymous_id VARCHAR,
    received_at TIMESTAMP, device_os VARCHAR, app_version VARCHAR
);
CREATE TABLE fct_subscriptions (
    user_id VARCHAR, status VARCHAR, trial_start TIMESTAMP, trial_end TIMESTAMP, is_upgrade BOOLEAN, plan VARCHAR,
    price DOUBLE, started_at TIMESTAMP, ended_at TIMESTAMP
)
