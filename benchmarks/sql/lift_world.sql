-- Users whom a policy messaged or held out in six weeks, and what they did before and after.
CREATE TABLE dim_users (user_id VARCHAR, device_os VARCHAR, utm_source VARCHAR, country VARCHAR, signup_at TIMESTAMP, merged_into VARCHAR);

CREATE TABLE fct_events (event_time TIMESTAMP, user_id VARCHAR, event_name VARCHAR, properties JSON, message_id VARCHAR, received_at TIMESTAMP);

CREATE TABLE decisions (decision_id VARCHAR, cycle_id VARCHAR, user_id VARCHAR, decided_at TIMESTAMP, policy_key VARCHAR, policy_version INTEGER,
    action_key VARCHAR, channel VARCHAR, outcome VARCHAR, reason_code VARCHAR, ghost BOOLEAN);

CREATE TABLE fct_messages (message_id VARCHAR, user_id VARCHAR, channel VARCHAR, action_key VARCHAR, policy_key VARCHAR, sent_at TIMESTAMP,
    delivered_at TIMESTAMP, failed_reason VARCHAR);

CREATE TABLE fct_consent (user_id VARCHAR, purpose VARCHAR, channel VARCHAR, status VARCHAR, effective_at TIMESTAMP, observed_at TIMESTAMP, source VARCHAR);

INSERT INTO dim_users (user_id, device_os, signup_at)
SELECT 'u' || i, CASE i % 3 WHEN 0 THEN 'ios' WHEN 1 THEN 'android' ELSE 'web' END, TIMESTAMP '2025-06-01' FROM range($users) t(i);

INSERT INTO decisions (decision_id, cycle_id, user_id, decided_at, policy_key, policy_version, action_key, channel, outcome, reason_code, ghost)
SELECT 'd' || user_id, 'c', user_id, TIMESTAMP '2026-05-10' + to_hours(CAST(hash(user_id) % 960 AS INTEGER)), 'nudge', 1, 'upgrade_nudge', 'push',
    CASE WHEN held THEN 'held_out' ELSE 'selected' END, CASE WHEN held THEN 'HELD_OUT_POLICY' ELSE 'SELECTED' END, held
FROM (SELECT user_id, left(md5('nudge:' || user_id), 8) < '1999999a' AS held FROM dim_users);

INSERT INTO fct_messages (message_id, user_id, channel, action_key, policy_key, sent_at, delivered_at)
SELECT 'm' || user_id, user_id, channel, action_key, policy_key, decided_at + INTERVAL 5 MINUTE, decided_at + INTERVAL 6 MINUTE
FROM decisions WHERE outcome = 'selected';

INSERT INTO fct_events (user_id, event_name, event_time, message_id)
SELECT u.user_id, ['app_opened', 'workout_started', 'workout_completed', 'workout_saved', 'pricing_viewed', 'plan_compared', 'checkout_started',
        'checkout_failed', 'subscription_started', 'ticket_opened'][CAST(1 + hash(u.user_id, n) % 10 AS INTEGER)],
    TIMESTAMP '2026-04-01' + to_minutes(CAST(hash(u.user_id, n, 1) % 128160 AS INTEGER)), u.user_id || '-' || n
FROM dim_users u, range($events) t(n)
ORDER BY 3;
