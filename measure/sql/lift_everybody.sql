-- Canonical users, and since when they are there.
SELECT p.user_id, p.signup_at
FROM (SELECT :user AS user_id, :signup AS signup_at FROM dim_users WHERE (:is_canonical)) AS p
