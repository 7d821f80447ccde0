-- Everybody.
SELECT COUNT(*) AS total FROM everybody AS u
