-- Who took a step in an attempt that led up to it.
SELECT period, user_id, :step AS step, event_time, app_version FROM previous
