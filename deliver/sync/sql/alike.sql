-- How much two audiences are the same: users in both, of users in either.
WITH members AS (
    SELECT user_id, audience FROM (
        UNPIVOT audience_flags ON COLUMNS(* EXCLUDE (user_id)) INTO NAME audience VALUE inside
    ) WHERE inside
),
sizes AS (SELECT audience, COUNT(*) AS users FROM members GROUP BY audience),
pairs AS (
    SELECT a.audience AS one, b.audience AS other, COUNT(*) AS in_both
    FROM members a JOIN members b ON b.user_id = a.user_id AND a.audience < b.audience
    GROUP BY a.audience, b.audience
)
SELECT p.one, p.other, s.users, t.users, p.in_both, p.in_both / (s.users + t.users - p.in_both) AS share
FROM pairs p
JOIN sizes s ON s.audience = p.one
JOIN sizes t ON t.audience = p.other
WHERE p.in_both / (s.users + t.users - p.in_both) >= $least
ORDER BY share DESC, p.one, p.other
