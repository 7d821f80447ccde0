-- What becomes of every event of the slice, as if they were taken one by one in the order of the log.
CREATE OR REPLACE TEMP TABLE judged AS
WITH checked AS (
    SELECT a.seq, a.request_id, a.message_id, a.message_key, a.body_sha, n.event_name,
        CASE WHEN a.code IS NOT NULL THEN 'spec' ELSE 'tracking_plan' END AS stage,
        CASE WHEN a.code IS NOT NULL THEN a.code
            WHEN a.user_id IS NULL AND a.anonymous_id IS NULL THEN 'MISSING_USER'
            WHEN a.type = 'track' AND n.event_name IS NULL AND COALESCE(s.unplanned, 'dead_letter') = 'dead_letter' THEN 'UNPLANNED_EVENT'
            ELSE v.code END AS code,
        CASE WHEN a.code IS NOT NULL THEN a.path WHEN a.user_id IS NULL AND a.anonymous_id IS NULL THEN '$.userId' ELSE COALESCE(v.path, '$.event') END AS path,
        CASE WHEN a.code IS NOT NULL THEN a.message
            WHEN a.user_id IS NULL AND a.anonymous_id IS NULL THEN 'the only id given, ' || a.ignored_ids || ', stands for nobody'
            ELSE COALESCE(v.message, a.name || ' is not in the tracking plan') END AS message,
        a.type = 'track' AND n.event_name IS NULL AND s.unplanned = 'suppress' AND a.code IS NULL
            AND (a.user_id IS NOT NULL OR a.anonymous_id IS NOT NULL) AS suppressed
    FROM arrived a
    LEFT JOIN planned_names n ON n.sent_name = a.name AND a.type = 'track'
    LEFT JOIN policies s ON s.source_id = a.source_id
    LEFT JOIN violations v ON v.seq = a.seq
),
-- All history counts, however old: the number narrows it down, the id and the fingerprint decide.
stored_before AS (
    SELECT r.message_id, r.body_sha FROM raw_events r SEMI JOIN arrived a ON a.message_key = r.message_key
),
dead_before AS (
    SELECT d.message_id, d.body_sha FROM dead_letters d SEMI JOIN arrived a ON a.message_id = d.message_id
),
said_before AS (
    SELECT message_id, body_sha FROM stored_before UNION SELECT message_id, body_sha FROM dead_before
),
told AS (
    SELECT c.*, b.message_id IS NOT NULL
            OR (NOT c.suppressed AND ROW_NUMBER() OVER (PARTITION BY c.message_id, c.body_sha, c.suppressed ORDER BY c.seq) > 1) AS again
    FROM checked c LEFT JOIN said_before b ON b.message_id = c.message_id AND b.body_sha = c.body_sha
),
placed AS (
    SELECT t.*, NOT t.again AND NOT t.suppressed AND t.code IS NULL AS fine,
        t.message_id IN (SELECT message_id FROM stored_before) AS taken
    FROM told t
),
settled AS (
    SELECT p.*, p.fine AND (p.taken OR ROW_NUMBER() OVER (PARTITION BY p.message_id, p.fine ORDER BY p.seq) > 1) AS clashes FROM placed p
)
SELECT seq, request_id, event_name,
    CASE WHEN suppressed AND NOT again THEN 'suppressed' WHEN again THEN 'duplicate' WHEN code IS NOT NULL OR clashes THEN 'dead_letter' ELSE 'stored' END AS verdict,
    CASE WHEN clashes THEN 'spec' ELSE stage END AS stage,
    CASE WHEN clashes THEN 'MESSAGE_ID_CONFLICT' ELSE code END AS code,
    CASE WHEN clashes THEN '$.messageId' ELSE path END AS path,
    CASE WHEN clashes THEN 'another event with another body already has this messageId' ELSE message END AS message
FROM settled;
