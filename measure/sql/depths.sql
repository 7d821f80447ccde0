-- How far each user's best attempt got.
SELECT period, user_id, MAX(step) AS depth FROM attempts GROUP BY period, user_id
