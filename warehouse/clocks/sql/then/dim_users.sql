-- Who had signed up. One clock: attributes, and who was merged into whom, are as they are today.
SELECT * FROM dim_users WHERE signup_at < $at OR signup_at IS NULL
