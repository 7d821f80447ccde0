-- When a device of several people was this one's.
CREATE OR REPLACE TEMP TABLE forgotten_windows AS
SELECT UNNEST($devices) AS device, UNNEST(CAST($starts AS TIMESTAMP[])) AS start_at, UNNEST(CAST($ends AS TIMESTAMP[])) AS end_at
