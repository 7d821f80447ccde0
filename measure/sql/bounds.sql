-- Since when there are events, as far as they had arrived.
SELECT MIN(event_time) AS first_event FROM fct_events WHERE received_at < :as_of
