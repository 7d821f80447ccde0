-- Everybody whom the hash puts into an arm, from the start of the experiment or from their own on.
SELECT *
FROM (
    SELECT
        u.user_id AS unit, '' AS scope, 1 AS is_first, :drawn AS arm,
        GREATEST(COALESCE(u.signup_at, :starts_at), :starts_at) AS since,
        GREATEST(COALESCE(u.signup_at, :starts_at), :starts_at) + :horizon AS until,
        CAST(NULL AS TEXT) AS goal_event, 0 AS in_two_arms, 0 AS has_moved, 0 AS is_outside
    FROM everybody AS u
    WHERE COALESCE(u.signup_at, :starts_at) < :ends_at AND (:is_inside)
) AS d
WHERE d.arm <> '' AND d.until <= :as_of
