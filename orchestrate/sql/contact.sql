-- One turn: every user's next winner asks for a place under the caps, after those before it took theirs.
INSERT INTO contacted
WITH asking AS (
    SELECT * FROM contenders WHERE turn = $turn
),
capped AS (
    SELECT a.user_id
    FROM asking a CROSS JOIN cycle c
    JOIN plan_caps p ON (p.message_class IS NULL OR p.message_class = a.message_class)
        AND (p.channel IS NULL OR p.channel = a.channel)
    LEFT JOIN ledger l ON l.user_id = a.user_id AND l.at > c.as_of - to_seconds(p.window_seconds)
        AND (p.message_class IS NULL OR l.message_class = p.message_class)
        AND (p.channel IS NULL OR l.channel = p.channel) AND (a.is_ghost OR NOT l.ghost)
    WHERE a.message_class <> 'transactional'
    GROUP BY a.user_id, p.cap_key, p.n
    HAVING COUNT(l.user_id) >= p.n
),
too_soon AS (
    SELECT DISTINCT a.user_id
    FROM asking a CROSS JOIN cycle c
    JOIN ledger l ON l.user_id = a.user_id AND l.at > c.as_of - to_seconds(c.min_gap_seconds) AND (a.is_ghost OR NOT l.ghost)
    WHERE a.message_class <> 'transactional'
),
timed AS (
    SELECT a.user_id, CASE WHEN a.message_class = 'transactional' THEN c.as_of ELSE z.ready_at END AS ready_at
    FROM asking a CROSS JOIN cycle c
    JOIN zones_of_users u ON u.user_id = a.user_id
    JOIN zones z ON z.timezone = COALESCE(u.timezone, '')
)
SELECT
    a.policy_key, a.action_key, a.user_id,
    CASE
        WHEN a.user_id IN (SELECT user_id FROM capped) THEN 'CAP_REACHED'
        WHEN a.user_id IN (SELECT user_id FROM too_soon) THEN 'MIN_GAP'
        WHEN t.ready_at >= c.as_of + to_seconds(a.expires_after_seconds) THEN 'QUIET_HOURS'
        WHEN t.ready_at IS NULL THEN 'TZ_UNKNOWN'
        WHEN a.is_still_valid THEN 'DUPLICATE_INTENT'
    END,
    t.ready_at
FROM asking a CROSS JOIN cycle c
LEFT JOIN timed t ON t.user_id = a.user_id;
