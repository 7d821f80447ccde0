-- The rows whose user's bucket lies in a range of its lot.
SELECT b.row
FROM (
    SELECT d.row, d.lot, left(md5(s.salt || ':' || u.user_id), 8) AS bucket
    FROM draws d
    JOIN chunk_users u ON u.place = d.place AND u.own
    JOIN (SELECT DISTINCT lot, salt FROM lots) AS s ON s.lot = d.lot
) AS b
JOIN lots l ON l.lot = b.lot AND b.bucket >= l.low AND (l.high IS NULL OR b.bucket < l.high)
