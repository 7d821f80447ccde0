/* Everybody, by the bucket of the global holdout, from its start or from their own on: whoever is held out gets no message at
   all, so nobody needs a decision to count. */
SELECT
    u.user_id AS unit, '' AS scope, 1 AS is_first,
    CASE WHEN (:is_held_out) THEN 'held_out' ELSE 'treated' END AS arm,
    GREATEST(COALESCE(u.signup_at, :since), :since) AS since, :until AS until, CAST(NULL AS TEXT) AS goal_event,
    CASE WHEN r.was_held_out = 1 AND r.was_selected = 1 THEN 1 ELSE 0 END AS in_two_arms,
    CASE
        WHEN (:is_held_out) AND r.was_selected = 1 THEN 1
        WHEN NOT (:is_held_out) AND r.was_held_out = 1 THEN 1
        ELSE 0
    END AS has_moved,
    0 AS is_outside
FROM everybody AS u
LEFT JOIN (
    SELECT
        d.user_id, MAX(CASE WHEN d.reason_code = 'HELD_OUT_GLOBAL' THEN 1 ELSE 0 END) AS was_held_out,
        MAX(CASE WHEN d.outcome = 'selected' THEN 1 ELSE 0 END) AS was_selected
    FROM decisions AS d
    WHERE d.decided_at >= :since AND d.decided_at < :as_of
    GROUP BY d.user_id
) AS r ON r.user_id = u.user_id
WHERE COALESCE(u.signup_at, :since) < :as_of AND :until <= :as_of
