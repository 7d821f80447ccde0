-- Ten weeks of an app's events, half of them steps of its funnel; an iOS release loses a third of its checkouts.
CREATE TABLE visits AS
SELECT
    i AS visit, 'u' || CAST(i % ($events // 20) AS VARCHAR) AS user_id, i % 2 AS platform,
    TIMESTAMP '2026-04-20' + to_seconds(CAST(hash(i) % (70 * 86400) AS BIGINT)) AS came,
    hash(i, 'depth') % 1000 AS luck
FROM range($events * 10 // 32) AS t(i);
INSERT INTO dim_users (user_id, device_os, utm_source, country, signup_at)
SELECT
    'u' || CAST(i AS VARCHAR), ['ios', 'android'][1 + i % 2], ['organic', 'google', 'facebook', 'tiktok'][1 + i % 4],
    ['US', 'GB', 'DE', 'FR', 'BR'][1 + i % 5], TIMESTAMP '2026-01-01' + to_days(CAST(i % 170 AS INTEGER))
FROM range($events // 20) AS t(i);
INSERT INTO fct_events (event_time, user_id, event_name, properties, message_id, anonymous_id, received_at, device_os, app_version)
SELECT
    v.came + to_minutes(s.step * 9) AS event_time, v.user_id, s.name,
    CASE WHEN s.step = 5 THEN '{"plan": "monthly", "price": 12.99}' ELSE '{}' END,
    CAST(v.visit * 10 + s.step AS VARCHAR), 'd' || v.user_id, v.came + to_minutes(s.step * 9) + to_seconds(CAST(v.visit % 90 AS BIGINT)),
    ['ios', 'android'][1 + v.platform],
    CASE WHEN v.platform = 0 AND v.came >= TIMESTAMP '2026-06-22' AND v.visit % 5 < 3 THEN '5.4.0' ELSE '5.3.0' END
FROM visits AS v
JOIN (VALUES
    ('app_opened', 1, 1000), ('pricing_viewed', 2, 300), ('plan_compared', 3, 180), ('checkout_started', 4, 110),
    ('subscription_started', 5, 50), ('workout_started', 6, 860), ('workout_completed', 7, 700)) AS s(name, step, most)
    ON v.luck < s.most
WHERE s.step <> 5 OR NOT (v.platform = 0 AND v.came >= TIMESTAMP '2026-06-22' AND v.visit % 5 < 3 AND v.visit % 3 = 0)
ORDER BY event_time;
INSERT INTO fct_subscriptions (user_id, status, plan, price, started_at)
SELECT user_id, 'active', 'monthly', 12.99, event_time FROM fct_events WHERE event_name = 'subscription_started';
INSERT INTO decisions (decision_id, user_id, decided_at, action_key, channel, outcome, reason_code)
SELECT
    'd' || CAST(visit AS VARCHAR), user_id, came + INTERVAL 30 MINUTE, 'upgrade_nudge', 'push',
    CASE WHEN visit % 20 = 0 THEN 'held_out' WHEN visit % 9 = 0 THEN 'suppressed' ELSE 'selected' END,
    CASE WHEN visit % 20 = 0 THEN 'HELD_OUT_POLICY' WHEN visit % 9 = 0 THEN 'CAP_REACHED' ELSE 'SELECTED' END
FROM visits WHERE luck < 300;
INSERT INTO fct_messages (message_id, decision_id, user_id, channel, action_key, sent_at, delivered_at)
SELECT 'm' || decision_id, decision_id, user_id, channel, action_key, decided_at, decided_at + INTERVAL 4 SECOND
FROM decisions WHERE outcome = 'selected';
INSERT INTO dim_releases VALUES
    ('ios', '5.3.0', TIMESTAMP '2026-01-01'), ('ios', '5.4.0', TIMESTAMP '2026-06-21'),
    ('android', '5.3.0', TIMESTAMP '2026-01-01');
DROP TABLE visits;
