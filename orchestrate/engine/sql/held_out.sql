-- Who is in the global holdout.
SELECT u.place
FROM chunk_users u
LEFT JOIN stand_ins s ON s.person = u.user_id AND s.policy_key IS NULL
WHERE u.own AND (CAST($end AS VARCHAR) IS NULL OR left(md5($salt || ':' || COALESCE(s.user_id, u.user_id)), 8) < $end)
