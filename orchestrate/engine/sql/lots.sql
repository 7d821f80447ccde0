-- The rows whose user's bucket lies in a range of its lot.
SELECT DISTINCT d.row
FROM draws d
JOIN chunk_users u ON u.place = d.place
JOIN lots l ON l.lot = d.lot
WHERE left(md5(l.salt || ':' || u.user_id), 8) >= l.low AND (l.high IS NULL OR left(md5(l.salt || ':' || u.user_id), 8) < l.high)
