-- What leaves, in the wire format in which events arrive: of those whose person agreed, where that is asked for.
SELECT p.message_id, p.event_name, o.person,
    CAST(JSON_OBJECT(
        'type', 'track', 'messageId', p.message_id, 'event', p.event_name, 'userId', o.person,
        'timestamp', STRFTIME(p.event_time, '%Y-%m-%dT%H:%M:%S.%gZ'),
        'properties', p.properties, 'context', JSON_OBJECT('traits', COALESCE(a.attributes, JSON('{}')))
    ) AS VARCHAR) AS payload
FROM route_page p
JOIN route_people o ON o.user_id = p.user_id
LEFT JOIN route_attributes a ON a.person = o.person
WHERE NOT $consent OR o.person IN (SELECT person FROM route_agreed)
ORDER BY p.seq
