-- First steps: each begins an attempt.
SELECT period, user_id, event_time, app_version, event_time AS entry FROM visible WHERE step = 1
