-- Of those who signed up in each week: by when the event first came, or until when they were watched; to the minute on the
-- first day, to the hour after it.
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
SELECT
    week, CASE WHEN seconds < 86400 THEN 60 * (1 + FLOOR(seconds / 60.0)) ELSE 3600 * (1 + FLOOR(seconds / 3600.0)) END AS by_second,
    SUM(CASE WHEN reached THEN 1 ELSE 0 END) AS reached, COUNT(*) AS users
FROM watched
GROUP BY week, by_second
ORDER BY week, by_second
