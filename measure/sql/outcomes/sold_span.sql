-- From when to when something was paid, and how many payments are not usable.
SELECT MIN(CASE WHEN amount > 0 THEN paid_at END), MAX(CASE WHEN amount > 0 THEN paid_at END), COUNT(*) - COUNT(amount)
FROM payments
