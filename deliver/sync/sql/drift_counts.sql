SELECT kind, name, COUNT(DISTINCT user_id), LIST(user_id ORDER BY user_id)[1:5]
FROM sync_drift GROUP BY kind, name ORDER BY kind, name
