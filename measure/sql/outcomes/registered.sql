-- Users who had signed up by the end of each week; an unknown date is one long ago.
SELECT w.week, COUNT(*) AS users
FROM weeks AS w
JOIN people AS u ON u.signed_up_at IS NULL OR u.signed_up_at < w.ends
GROUP BY w.week
