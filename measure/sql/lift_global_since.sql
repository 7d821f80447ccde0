-- Since when decisions hold somebody out everywhere.
SELECT MIN(d.decided_at) AS since
FROM decisions AS d
WHERE d.reason_code = 'HELD_OUT_GLOBAL' AND d.decided_at < :as_of
