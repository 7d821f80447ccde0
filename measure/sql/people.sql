-- Canonical users of the segment and of its control; everybody else is left out.
SELECT user_id, slice, :dimensions, signup_at
FROM (
    SELECT
        :user AS user_id, :named_dimensions, :signup AS signup_at,
        CASE WHEN :in_segment THEN 'segment' WHEN :in_control THEN 'control' END AS slice
    FROM dim_users
    WHERE (:is_canonical) AND NOT COALESCE(:is_left_out, FALSE)
) AS u
WHERE slice IS NOT NULL
