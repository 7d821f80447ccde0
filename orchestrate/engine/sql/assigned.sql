-- The bucket of merged users for each holdout and experiment, where it is another identity's.
SELECT a.number, a.is_holdout, list(u.place) AS places, list(CAST('0x' || left(md5(a.salt || ':' || s.user_id), 8) AS UINTEGER)) AS buckets
FROM assignments a
JOIN stand_ins s ON s.policy_key = a.policy_key AND s.action_key IS NOT DISTINCT FROM a.action_key
JOIN chunk_users u ON u.user_id = s.person AND u.own
GROUP BY a.number, a.is_holdout
