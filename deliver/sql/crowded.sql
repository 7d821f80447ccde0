-- Everything that people have, and have claimed, of whom a claimed message might find no room under a cap or the minimum gap:
-- what counts under a cap is looked at for at least as long as its window is, so that nobody who lacks room is left out.
WITH claimed AS (
    SELECT
        UNNEST(CAST($intent_ids AS VARCHAR[])) AS intent_id, UNNEST(CAST($decision_ids AS VARCHAR[])) AS decision_id,
        UNNEST(CAST($persons AS VARCHAR[])) AS person, UNNEST(CAST($channels AS VARCHAR[])) AS channel,
        UNNEST(CAST($message_classes AS VARCHAR[])) AS message_class, UNNEST(CAST($exclusion_groups AS VARCHAR[])) AS exclusion_group
),
people AS (
    SELECT UNNEST(CAST($user_ids AS VARCHAR[])) AS user_id, UNNEST(CAST($persons_of_users AS VARCHAR[])) AS person
),
classes AS (
    SELECT
        UNNEST(CAST($action_keys AS VARCHAR[])) AS action_key, UNNEST(CAST($classes_of_actions AS VARCHAR[])) AS message_class,
        UNNEST(CAST($groups_of_actions AS VARCHAR[])) AS exclusion_group
),
caps AS (
    SELECT
        UNNEST(CAST($caps AS INTEGER[])) AS cap, UNNEST(CAST($most AS BIGINT[])) AS most, UNNEST(CAST($since_each AS TIMESTAMP[])) AS since,
        UNNEST(CAST($cap_classes AS VARCHAR[])) AS message_class, UNNEST(CAST($cap_channels AS VARCHAR[])) AS channel,
        UNNEST(CAST($cap_groups AS VARCHAR[])) AS exclusion_group
),
told AS (
    SELECT p.person, m.message_id AS intent_id, m.decision_id, m.channel, m.action_key, m.sent_at AS handed_over
    FROM fct_messages AS m
    JOIN people AS p ON p.user_id = m.user_id
    WHERE m.sent_at >= $since AND m.failed_reason IS NULL
),
-- What the warehouse does not know of yet.
underway AS (
    SELECT p.person, w.intent_id, w.decision_id, w.channel, w.action_key, w.handed_over
    FROM (
        SELECT
            UNNEST(CAST($on_the_way AS VARCHAR[])) AS intent_id, UNNEST(CAST($their_decisions AS VARCHAR[])) AS decision_id,
            UNNEST(CAST($their_users AS VARCHAR[])) AS user_id, UNNEST(CAST($their_channels AS VARCHAR[])) AS channel,
            UNNEST(CAST($their_actions AS VARCHAR[])) AS action_key, UNNEST(CAST($their_moments AS TIMESTAMP[])) AS handed_over
    ) AS w
    JOIN people AS p ON p.user_id = w.user_id
    WHERE NOT EXISTS (SELECT 1 FROM told AS t WHERE t.intent_id = w.intent_id)
),
taken AS (
    SELECT
        t.person, t.intent_id, t.decision_id, t.handed_over, t.channel, COALESCE(k.message_class, 'marketing') AS message_class,
        k.exclusion_group
    FROM (SELECT * FROM told UNION ALL SELECT * FROM underway) AS t
    LEFT JOIN classes AS k ON k.action_key = t.action_key
),
everything AS (
    SELECT FALSE AS is_claimed, person, intent_id, decision_id, handed_over, channel, message_class, exclusion_group FROM taken
    UNION ALL
    SELECT TRUE, person, intent_id, decision_id, $now, channel, message_class, exclusion_group FROM claimed
),
crowded AS (
    SELECT l.person
    FROM (
        SELECT l.person, l.intent_id, c.cap, c.most, c.since, c.message_class, c.channel, c.exclusion_group
        FROM claimed AS l
        JOIN caps AS c ON (c.message_class IS NULL OR c.message_class = l.message_class)
            AND (c.channel IS NULL OR c.channel = l.channel)
            AND (c.exclusion_group IS NULL OR c.exclusion_group = l.exclusion_group)
        WHERE l.message_class <> 'transactional'
    ) AS l
    LEFT JOIN everything AS e ON e.person = l.person AND e.intent_id <> l.intent_id AND e.handed_over >= l.since
        AND (l.message_class IS NULL OR l.message_class = e.message_class)
        AND (l.channel IS NULL OR l.channel = e.channel)
        AND (l.exclusion_group IS NULL OR l.exclusion_group = e.exclusion_group)
    GROUP BY l.person, l.intent_id, l.cap, l.most
    HAVING COUNT(e.person) >= l.most
    UNION
    SELECT l.person
    FROM claimed AS l
    JOIN everything AS e ON e.person = l.person AND e.intent_id <> l.intent_id AND e.handed_over > $near_since
    WHERE l.message_class <> 'transactional'
)
SELECT e.is_claimed, e.person, e.intent_id, e.decision_id, e.message_class, e.channel, e.exclusion_group, e.handed_over
FROM everything AS e
WHERE e.person IN (SELECT person FROM crowded)
