-- Whom the hash puts into an arm at all: everybody the experiment could have concerned.
SELECT COUNT(*) AS total
FROM everybody AS u
WHERE COALESCE(u.signup_at, :starts_at) < :ends_at AND (:is_inside) AND (:drawn) <> ''
