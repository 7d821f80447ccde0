-- A name that was recognised is the event it means for whatever is looked at next; counts stay what they are.
UPDATE radar_sent SET name = $event, planned = TRUE WHERE name = $sent
