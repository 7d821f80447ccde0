-- What past cycles decided in the last seven weeks: who was nominated for which message, and when.
CREATE OR REPLACE TEMP TABLE nominations AS
WITH workouts_wanted AS (
    SELECT ordinal, date_trunc('day', signup_at) + INTERVAL 57 HOUR AS decided_at
    FROM people CROSS JOIN world w
    WHERE NOT is_merged AND signup_at >= w.history_at - INTERVAL 3 DAY AND draw(key, 'one workout', 0) < 0.4
),
tickets_open AS (
    SELECT p.ordinal, min(date_trunc('day', s.created_at) + INTERVAL 33 HOUR) AS decided_at
    FROM new_fct_support s JOIN people p ON p.user_id = s.user_id CROSS JOIN world w
    WHERE s.created_at >= w.history_at GROUP BY p.ordinal
),
pricing_seen AS (
    SELECT a.ordinal, min(date_trunc('day', a.attempt_at) + INTERVAL 33 HOUR) AS decided_at
    FROM base_attempts a CROSS JOIN world w
    WHERE a.attempt_at >= w.history_at AND NOT EXISTS (SELECT 1 FROM earlier_payers e WHERE e.ordinal = a.ordinal)
    -- At most one a week, in weeks that end with the data.
    GROUP BY a.ordinal, (w.days - 1 - a.day) // 7
),
upgrades_wanted AS (
    SELECT p.ordinal, p.decided_at FROM pricing_seen p
    WHERE NOT EXISTS (
        SELECT 1 FROM base_attempts a WHERE a.ordinal = p.ordinal AND a.depth = 5 AND a.attempt_at < p.decided_at)
),
gone_quiet AS (
    SELECT p.ordinal, c.day_at + INTERVAL 9 HOUR AS decided_at
    FROM people p JOIN calendar c ON c.day = p.last_day + 15 CROSS JOIN world w
    WHERE NOT p.is_merged AND c.day_at >= w.history_at
)
SELECT n.*, p.user_id, p.key, p.device_os, CAST(n.decided_at AS DATE) AS decided_on,
    n.policy_key || ':' || n.action_key || ':' || p.user_id || ':' || CAST(CAST(n.decided_at AS DATE) AS VARCHAR) AS occasion
FROM (
    SELECT ordinal, decided_at, 'starter_journey' AS policy_key, 'second_workout_help' AS action_key, 1 AS tier FROM workouts_wanted
    UNION ALL SELECT ordinal, decided_at, 'starter_journey', 'support_follow_up', 2 FROM tickets_open
    UNION ALL SELECT ordinal, decided_at, 'starter_journey', 'upgrade_nudge', 3 FROM upgrades_wanted
    UNION ALL SELECT ordinal, decided_at, 'come_back', 'win_back', 1 FROM gone_quiet
) n
JOIN people p ON p.ordinal = n.ordinal CROSS JOIN world w
WHERE n.decided_at >= w.history_at AND n.decided_at < w.as_of;

-- The stages of a cycle, in their order: consent, suppression, arbitration, holdout, cap, won.
CREATE OR REPLACE TEMP TABLE new_decisions AS
WITH agreed AS (
    SELECT n.occasion, c.channel,
        row_number() OVER (PARTITION BY n.occasion, c.channel ORDER BY c.effective_at DESC) = 1 AND c.status = 'granted' AS granted
    FROM nominations n JOIN new_fct_consent c ON c.user_id = n.user_id AND c.effective_at <= n.decided_at
    WHERE c.channel IN ('push', 'email')
),
reachable AS (
    SELECT occasion, max(CASE WHEN granted AND channel = 'push' THEN 1 ELSE 0 END) = 1 AS push,
        max(CASE WHEN granted AND channel = 'email' THEN 1 ELSE 0 END) = 1 AS email
    FROM agreed GROUP BY occasion
),
troubled AS (
    SELECT DISTINCT n.occasion FROM nominations n JOIN new_fct_support s
        ON s.user_id = n.user_id AND s.created_at < n.decided_at AND coalesce(s.closed_at, n.decided_at) >= n.decided_at
    WHERE n.action_key = 'upgrade_nudge'
),
staged AS (
    SELECT
        n.*,
        CASE
            WHEN r.push AND n.device_os <> 'web' AND n.action_key <> 'win_back' THEN 'push'
            WHEN r.email THEN 'email'
        END AS chosen_channel,
        r.occasion IS NULL AS unanswered, t.occasion IS NOT NULL AS troubled,
        left(md5(n.policy_key || ':' || n.user_id), 8) < '1999999a' AS held_out,
        n.action_key = 'upgrade_nudge' AND draw(n.key, 'cap', day(n.decided_on)) <
            greatest(0.03, CASE WHEN n.device_os = 'ios' AND n.decided_at >= w.cause_at THEN w.cap_share ELSE 0.0 END) AS capped
    FROM nominations n CROSS JOIN world w
    LEFT JOIN reachable r ON r.occasion = n.occasion
    LEFT JOIN troubled t ON t.occasion = n.occasion
),
ranked AS (
    SELECT s.*, row_number() OVER (
        PARTITION BY s.user_id, s.policy_key, s.decided_on
        ORDER BY CASE WHEN s.chosen_channel IS NULL OR s.troubled THEN 1 ELSE 0 END, s.tier) AS place
    FROM staged s
),
reasoned AS (
    SELECT r.*, CASE
        WHEN r.unanswered THEN 'CONSENT_UNKNOWN' WHEN r.chosen_channel IS NULL THEN 'NO_CONSENT'
        WHEN r.troubled THEN 'SUPPRESSED_STATE' WHEN r.place > 1 THEN 'LOWER_PRIORITY'
        WHEN r.held_out THEN 'HELD_OUT_POLICY' WHEN r.capped THEN 'CAP_REACHED' ELSE 'SELECTED'
    END AS reason_code
    FROM ranked r
)
SELECT
    CAST(CAST(md5('decision:' || occasion) AS UUID) AS VARCHAR) AS decision_id,
    'cycle-' || CAST(decided_on AS VARCHAR) AS cycle_id,
    user_id, decided_at, policy_key, 1 AS policy_version, action_key,
    coalesce(chosen_channel, CASE WHEN device_os = 'web' OR action_key = 'win_back' THEN 'email' ELSE 'push' END) AS channel,
    CASE reason_code WHEN 'SELECTED' THEN 'selected' WHEN 'HELD_OUT_POLICY' THEN 'held_out'
        WHEN 'LOWER_PRIORITY' THEN 'lost' ELSE 'suppressed' END AS outcome,
    reason_code,
    reason_code = 'HELD_OUT_POLICY' AS ghost
FROM reasoned
ORDER BY decided_at, policy_key, user_id, action_key;

-- One message per selected decision; what a receipt would say after the data ends is not known yet.
CREATE OR REPLACE TEMP TABLE new_fct_messages AS
WITH sent AS (
    SELECT d.*, p.key, date_diff('day', w.starts_at, d.decided_at) AS day,
        d.decided_at + to_seconds(CAST(30 + 1500 * draw(p.key, 'send', hash(d.action_key)) AS BIGINT)) AS sent_at,
        d.channel = 'push' AND p.device_os = w.segment AND d.decided_at >= w.cause_at AND w.push_loss > 0 AS in_outage, w.push_loss, w.as_of
    FROM new_decisions d JOIN people p ON p.user_id = d.user_id CROSS JOIN world w
    WHERE d.outcome = 'selected'
),
received AS (
    SELECT s.*,
        CASE
            WHEN s.in_outage AND draw(s.key, 'outage', s.day) < s.push_loss THEN 'certificate_expired'
            WHEN draw(s.key, 'fails', s.day) < 0.02 THEN CASE s.channel WHEN 'push' THEN 'unregistered_device' ELSE 'bounced' END
        END AS failed_reason,
        s.sent_at + to_seconds(CAST(2 + 90 * draw(s.key, 'delivery', s.day) AS BIGINT)) AS delivered_at
    FROM sent s
),
opened AS (
    SELECT r.*, CASE WHEN r.failed_reason IS NULL AND draw(r.key, 'opens', r.day) < 0.34
        THEN r.delivered_at + to_seconds(CAST(40 + 72000 * draw(r.key, 'open', r.day) * draw(r.key, 'read', r.day) AS BIGINT)) END AS opened_at
    FROM received r
)
SELECT
    CAST(CAST(md5('message:' || decision_id) AS UUID) AS VARCHAR) AS message_id,
    user_id, channel, action_key, policy_key, decision_id, action_key || '-' || strftime(decided_at, '%Y-%m') AS campaign,
    sent_at,
    CASE WHEN failed_reason IS NULL AND delivered_at < as_of THEN delivered_at END AS delivered_at,
    CASE WHEN opened_at < as_of THEN opened_at END AS opened_at,
    CASE WHEN opened_at < as_of - INTERVAL 60 SECOND AND draw(key, 'clicks', day) < 0.35 THEN opened_at + INTERVAL 25 SECOND END AS clicked_at,
    failed_reason
FROM opened WHERE sent_at < as_of
ORDER BY sent_at, message_id;

-- The true effect of the upgrade nudge: a delivered one makes some users pay who would not have.
CREATE OR REPLACE TEMP TABLE moved AS
SELECT ordinal, key, device_os, update_lag, min(attempt_at) AS attempt_at FROM (
    SELECT p.ordinal, p.key, p.device_os, p.update_lag,
        m.sent_at + to_seconds(CAST(1200 + 200000 * draw(p.key, 'moved at', date_diff('day', w.starts_at, m.sent_at)) * draw(p.key, 'moved when', date_diff('day', w.starts_at, m.sent_at)) AS BIGINT)) AS attempt_at
    FROM new_fct_messages m JOIN people p ON p.user_id = m.user_id CROSS JOIN world w
    WHERE m.action_key = 'upgrade_nudge' AND m.delivered_at IS NOT NULL AND draw(p.key, 'moved', date_diff('day', w.starts_at, m.sent_at)) < w.message_effect
) GROUP BY ALL;

-- Whoever paid is not asked again.
DELETE FROM new_decisions WHERE action_key = 'upgrade_nudge' AND EXISTS (
    SELECT 1 FROM moved m JOIN people p ON p.ordinal = m.ordinal
    WHERE p.user_id = new_decisions.user_id AND m.attempt_at < new_decisions.decided_at);
DELETE FROM new_fct_messages WHERE NOT EXISTS (
    SELECT 1 FROM new_decisions d WHERE d.decision_id = new_fct_messages.decision_id);

CREATE OR REPLACE TEMP TABLE attempts AS
WITH dated AS (
    SELECT m.*, CAST(floor(date_diff('second', w.starts_at, m.attempt_at) / 86400.0) AS INTEGER) AS day
    FROM moved m CROSS JOIN world w WHERE m.attempt_at < w.as_of
)
SELECT * FROM base_attempts
UNION ALL
SELECT
    d.ordinal, d.key, d.day, d.attempt_at, r.app_version,
    CASE WHEN d.device_os = 'ios' AND r.app_version = '5.4.0' AND draw(d.key, 'pay', d.day) >= w.paid_factor THEN 4 ELSE 5 END AS depth,
    TRUE AS from_message
FROM dated d JOIN versions r ON r.device_os = d.device_os AND r.day = d.day - d.update_lag CROSS JOIN world w;
