-- Since when there are events and decisions.
SELECT
    (SELECT MIN(event_time) FROM fct_events) AS first_event,
    (SELECT MIN(decided_at) FROM decisions) AS first_decision
