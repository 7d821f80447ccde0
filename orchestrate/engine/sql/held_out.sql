-- Who is in the global holdout.
SELECT place FROM chunk_users
WHERE CAST($end AS VARCHAR) IS NULL OR left(md5($salt || ':' || user_id), 8) < $end
