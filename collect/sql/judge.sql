-- What is wrong with an event by itself, and what its source does not want.
CREATE OR REPLACE TEMP TABLE problems AS
WITH refused AS (
    SELECT r.seq, r.rest ->> '$.code' AS code, r.rest ->> '$.path' AS path, r.rest ->> '$.message' AS message
    FROM slice r WHERE r.type IS NULL
),
checked AS (
    SELECT a.seq, a.type IS NULL AS refused, a.type IS NULL OR a.nobody AS bad, a.nobody, a.sent_name, v.code, v.path, v.message,
        CASE WHEN a.type = 'track' AND n.event_name IS NULL THEN COALESCE(s.unplanned, 'dead_letter') ELSE 'accept' END AS unplanned
    FROM (SELECT *, user_id IS NULL AND anonymous_id IS NULL AS nobody FROM slice) a
    LEFT JOIN planned_names n ON n.sent_name = a.sent_name AND a.type = 'track'
    LEFT JOIN policies s ON s.source_id = a.source_id
    LEFT JOIN violations v ON v.seq = a.seq
    WHERE a.type IS NULL OR a.nobody OR n.event_name IS NULL OR v.seq IS NOT NULL
)
SELECT c.seq,
    CASE WHEN c.refused THEN 'spec' ELSE 'tracking_plan' END AS stage,
    CASE WHEN c.refused THEN r.code WHEN c.nobody THEN 'MISSING_USER' WHEN c.unplanned <> 'accept' THEN 'UNPLANNED_EVENT' ELSE c.code END AS code,
    CASE WHEN c.refused THEN r.path WHEN c.nobody THEN '$.userId' ELSE COALESCE(c.path, '$.event') END AS path,
    CASE WHEN c.refused THEN r.message WHEN c.nobody THEN 'the only id given stands for nobody'
        ELSE COALESCE(c.message, c.sent_name || ' is not in the tracking plan') END AS message,
    r.code IS NOT DISTINCT FROM 'FORGOTTEN' OR (NOT c.bad AND c.unplanned = 'suppress') AS suppressed
FROM checked c LEFT JOIN refused r ON r.seq = c.seq
WHERE c.bad OR c.unplanned <> 'accept' OR c.code IS NOT NULL;

-- All history counts, however old. A column of numbers is looked through for the ids of the slice;
-- only events whose number stands more than once are looked at whole.
CREATE OR REPLACE TEMP TABLE numbered AS
SELECT r.rowid AS place, r.message_key FROM raw_events r SEMI JOIN slice a ON a.message_key = r.message_key;
CREATE OR REPLACE TEMP TABLE repeated AS
SELECT message_key FROM slice GROUP BY message_key HAVING COUNT(*) > 1
UNION
SELECT message_key FROM numbered
UNION
SELECT d.message_key FROM dead_letters d SEMI JOIN slice a ON a.message_key = d.message_key;
CREATE OR REPLACE TEMP TABLE copies AS
SELECT r.seq, r.message_id, r.body_key, TRUE AS arriving FROM slice r SEMI JOIN repeated p ON p.message_key = r.message_key
UNION ALL
SELECT r.seq, r.message_id, r.body_key, FALSE FROM raw_events r SEMI JOIN numbered o ON o.place = r.rowid;

-- What becomes of the events that cannot stay, as if all were taken one by one in the order of the log.
CREATE OR REPLACE TEMP TABLE rejects AS
WITH checked AS (
    SELECT c.seq, c.message_id, c.body_key, p.code, COALESCE(p.suppressed, FALSE) AS suppressed
    FROM copies c LEFT JOIN problems p ON p.seq = c.seq
    WHERE c.arriving
),
dead_before AS (
    SELECT d.message_id, d.body_key FROM dead_letters d SEMI JOIN repeated p ON p.message_key = d.message_key
),
said_before AS (
    SELECT message_id, body_key FROM copies WHERE NOT arriving UNION SELECT message_id, body_key FROM dead_before
),
told AS (
    SELECT c.*, b.message_id IS NOT NULL
            OR (NOT c.suppressed AND ROW_NUMBER() OVER (PARTITION BY c.message_id, c.body_key, c.suppressed ORDER BY c.seq) > 1) AS again
    FROM checked c LEFT JOIN said_before b ON b.message_id = c.message_id AND b.body_key = c.body_key
),
placed AS (
    SELECT t.*, NOT t.again AND NOT t.suppressed AND t.code IS NULL AS fine,
        t.message_id IN (SELECT message_id FROM copies WHERE NOT arriving) AS taken
    FROM told t
),
settled AS (
    SELECT p.*, p.fine AND (p.taken OR ROW_NUMBER() OVER (PARTITION BY p.message_id, p.fine ORDER BY p.seq) > 1) AS clashes FROM placed p
)
SELECT seq, 'duplicate' AS verdict, NULL AS stage, NULL AS code, NULL AS path, NULL AS message FROM settled WHERE again
UNION ALL
SELECT seq, 'dead_letter', 'spec', 'MESSAGE_ID_CONFLICT', '$.messageId', 'another event with another body already has this messageId'
FROM settled WHERE clashes
UNION ALL
SELECT p.seq, CASE WHEN p.suppressed THEN 'suppressed' ELSE 'dead_letter' END, p.stage, p.code, p.path, p.message
FROM problems p LEFT JOIN settled s ON s.seq = p.seq
WHERE s.again IS NOT TRUE;
