-- Users who entered the funnel in each week, and those who got to its end within the window from an entry of that week.
SELECT week, COUNT(*) AS users, SUM(reached) AS reached
FROM (
    SELECT
        CAST(FLOOR((EPOCH(e.happened) - EPOCH(:since)) / 604800) AS INTEGER) AS week, e.user_id,
        MAX(CASE WHEN e.done <= e.happened + :horizon THEN 1 ELSE 0 END) AS reached
    FROM entries AS e
    JOIN people AS u ON u.user_id = e.user_id
    WHERE e.happened >= :since AND e.happened < :until
    GROUP BY week, e.user_id
) AS entered
GROUP BY week
