-- Of those who signed up in each week: after how many whole days the event first came, or how long they were watched.
WITH first_value AS (
    SELECT e.user_id, MIN(e.event_time) AS at
    FROM fct_events AS e
    JOIN people AS u ON u.user_id = e.user_id AND e.event_time >= u.signed_up_at
    WHERE e.event_name = :event AND e.event_time < :as_of AND u.signed_up_at >= :since
    GROUP BY e.user_id
),
watched AS (
    SELECT
        w.week, v.at IS NOT NULL AND v.at < u.signed_up_at + :horizon AS reached,
        DATE_DIFF('second', u.signed_up_at, LEAST(COALESCE(v.at, :as_of), :as_of, u.signed_up_at + :horizon)) AS seconds
    FROM people AS u
    JOIN weeks AS w ON u.signed_up_at >= w.starts AND u.signed_up_at < w.ends
    LEFT JOIN first_value AS v ON v.user_id = u.user_id
)
SELECT week, CAST(FLOOR(seconds / 3600.0) AS INTEGER) AS hours, SUM(CASE WHEN reached THEN 1 ELSE 0 END) AS reached, COUNT(*) AS users
FROM watched
GROUP BY week, hours
ORDER BY week, hours
