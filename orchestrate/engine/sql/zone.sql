-- The place of every user's zone in the tick's list.
SELECT place, zone FROM chunk_users WHERE own AND zone IS NOT NULL
