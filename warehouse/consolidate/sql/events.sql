-- Each message once, by its canonical user: who is named, or whose the device was at that moment. Nobody's stay out.
INSERT INTO fct_events BY NAME
WITH repeated AS (
    SELECT HASH(message_id) AS mark FROM due_events GROUP BY HASH(message_id) HAVING COUNT(*) > 1
),
once AS (
    SELECT * FROM due_events e ANTI JOIN repeated t ON t.mark = HASH(e.message_id)
    UNION ALL
    SELECT * FROM due_events e SEMI JOIN repeated t ON t.mark = HASH(e.message_id)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY e.message_id ORDER BY e.received_at, e.seq, e.user_id, e.anonymous_id) = 1
),
named AS (
    SELECT e.*, u.user_id AS known_user FROM once e LEFT JOIN identity_map u ON u.kind = 'user_id' AND u.value = e.user_id
),
owned AS (
    SELECT event_time, known_user AS user_id, event_name, properties, message_id, anonymous_id, received_at, device_os, app_version
    FROM named WHERE known_user IS NOT NULL
    UNION ALL
    SELECT e.event_time, d.user_id, e.event_name, e.properties, e.message_id, e.anonymous_id, e.received_at, e.device_os, e.app_version
    FROM named e
    JOIN identity_map d ON d.kind = 'anonymous_id' AND d.value = e.anonymous_id
        AND e.event_time >= d.valid_from AND (d.valid_to IS NULL OR e.event_time < d.valid_to)
    WHERE e.known_user IS NULL
)
FROM owned
ORDER BY event_time, message_id;
