-- Ids that were merged, with the person each is now: of some users, and of who became one of them.
SELECT f.user_id, f.person
FROM former_ids AS f
WHERE f.user_id IN (SELECT UNNEST($users))
    OR f.person IN (SELECT UNNEST($users))
    OR f.person IN (SELECT g.person FROM former_ids AS g WHERE g.user_id IN (SELECT UNNEST($users)))
