-- What happened before: the cap ledger, offers still valid, policies that rest, outcomes that pause.
CREATE OR REPLACE TEMP TABLE past AS
SELECT d.decision_id, d.user_id, d.decided_at, d.policy_key, d.action_key, d.channel, d.ghost, d.outcome
FROM decisions d CROSS JOIN cycle c
WHERE d.user_id IN (SELECT user_id FROM deciding) AND d.cycle_id <> c.cycle_id AND d.decided_at <= c.as_of AND (d.outcome = 'selected' OR d.ghost)
    AND NOT EXISTS (SELECT 1 FROM released r WHERE r.decision_id = d.decision_id);

-- A message counts from when it was sent; a decision whose message is still on its way counts too.
CREATE OR REPLACE TEMP TABLE ledger AS
SELECT m.user_id, m.sent_at AS at, COALESCE(a.message_class, 'marketing') AS message_class, m.channel, FALSE AS ghost
FROM fct_messages m CROSS JOIN cycle c LEFT JOIN action_classes a ON a.action_key = m.action_key
WHERE m.user_id IN (SELECT user_id FROM deciding) AND m.sent_at < c.as_of AND m.failed_reason IS NULL
UNION ALL
SELECT p.user_id, p.decided_at, COALESCE(a.message_class, 'marketing'), p.channel, FALSE
FROM past p CROSS JOIN cycle c LEFT JOIN action_classes a ON a.action_key = p.action_key
WHERE p.outcome = 'selected' AND NOT EXISTS (
    SELECT 1 FROM fct_messages m WHERE m.decision_id = p.decision_id AND m.sent_at < c.as_of
);

-- Ghosts count as if they had been sent: otherwise a held-out user would be offered more often.
CREATE OR REPLACE TEMP TABLE still_valid AS
SELECT DISTINCT p.policy_key, p.action_key, p.user_id
FROM past p JOIN plan a ON a.policy_key = p.policy_key AND a.action_key = p.action_key CROSS JOIN cycle c
WHERE p.decided_at > c.as_of - to_seconds(a.expires_after_seconds) AND NOT a.repeats;

CREATE OR REPLACE TEMP TABLE resting AS
SELECT DISTINCT p.policy_key, p.user_id
FROM past p JOIN (SELECT DISTINCT policy_key, cooldown_seconds FROM plan) a ON a.policy_key = p.policy_key CROSS JOIN cycle c
WHERE a.cooldown_seconds > 0 AND p.decided_at > c.as_of - to_seconds(a.cooldown_seconds);

-- A message is ignored when nobody opened it within a day of its delivery.
CREATE OR REPLACE TEMP TABLE outcomes AS
SELECT m.user_id, m.action_key, m.channel, a.message_class, a.exclusion_group, 'ignored' AS outcome, m.delivered_at + INTERVAL 1 DAY AS at
FROM fct_messages m CROSS JOIN cycle c LEFT JOIN action_classes a ON a.action_key = m.action_key
WHERE m.delivered_at + INTERVAL 1 DAY < c.as_of AND (m.opened_at IS NULL OR m.opened_at >= m.delivered_at + INTERVAL 1 DAY)
    AND (m.clicked_at IS NULL OR m.clicked_at >= m.delivered_at + INTERVAL 1 DAY) AND EXISTS (SELECT 1 FROM plan_outcomes)
UNION ALL
SELECT m.user_id, m.action_key, m.channel, a.message_class, a.exclusion_group, 'failed', m.sent_at
FROM fct_messages m CROSS JOIN cycle c LEFT JOIN action_classes a ON a.action_key = m.action_key
WHERE m.sent_at < c.as_of AND m.failed_reason IS NOT NULL AND EXISTS (SELECT 1 FROM plan_outcomes)
UNION ALL
SELECT m.user_id, m.action_key, m.channel, a.message_class, a.exclusion_group, 'clicked', m.clicked_at
FROM fct_messages m CROSS JOIN cycle c LEFT JOIN action_classes a ON a.action_key = m.action_key
WHERE m.clicked_at < c.as_of AND EXISTS (SELECT 1 FROM plan_outcomes);

-- The n-th outcome within the window starts the pause.
CREATE OR REPLACE TEMP TABLE paused AS
WITH counted AS (
    SELECT
        s.policy_key, s.action_key, r.user_id, s.window_seconds, s.pause_seconds, s.n, o.at,
        COUNT(*) OVER (
            PARTITION BY s.policy_key, s.action_key, s.scope, s.outcome, s.n, s.window_seconds, s.pause_seconds, r.user_id
            ORDER BY o.at RANGE BETWEEN to_seconds(s.window_seconds) PRECEDING AND CURRENT ROW
        ) AS happened
    FROM plan_outcomes s
    JOIN plan p ON p.policy_key = s.policy_key AND p.action_key = s.action_key
    JOIN routes r ON r.policy_key = s.policy_key AND r.action_key = s.action_key
    JOIN outcomes o ON o.user_id = r.user_id AND o.outcome = s.outcome AND (
        s.scope = 'all'
        OR s.scope = 'action' AND o.action_key = s.action_key
        OR s.scope = 'channel' AND o.channel = r.channel
        OR s.scope = 'class' AND o.message_class = p.message_class
        OR s.scope = 'group' AND o.exclusion_group = p.exclusion_group
    )
)
SELECT DISTINCT n.policy_key, n.action_key, n.user_id
FROM counted n CROSS JOIN cycle c
WHERE n.happened >= n.n AND n.at + to_seconds(n.pause_seconds) > c.as_of;
