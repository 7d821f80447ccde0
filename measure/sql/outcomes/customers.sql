/* A sample of customers, the same each time: days with a payment after the first one, before and after a split,
   and what was paid on them. Days are counted from the first payment. */
WITH days AS (
    SELECT user_id, CAST(paid_at AS DATE) AS day, SUM(amount) AS amount
    FROM payments WHERE amount > 0 GROUP BY user_id, day
),
placed AS (
    SELECT *, MIN(day) OVER (PARTITION BY user_id) AS first_day FROM days
),
customers AS (
    SELECT
        user_id, first_day,
        SUM(CASE WHEN day > first_day AND day < CAST(:split AS DATE) THEN 1 ELSE 0 END) AS early,
        MAX(CASE WHEN day < CAST(:split AS DATE) THEN DATE_DIFF('day', first_day, day) ELSE 0 END) AS early_last,
        SUM(CASE WHEN day > first_day AND day < CAST(:split AS DATE) THEN amount ELSE 0 END) AS early_amount,
        SUM(CASE WHEN day > first_day AND day >= CAST(:split AS DATE) THEN 1 ELSE 0 END) AS late,
        SUM(CASE WHEN day > first_day AND day >= CAST(:split AS DATE) THEN amount ELSE 0 END) AS late_amount,
        MAX(DATE_DIFF('day', first_day, day)) AS last
    FROM placed
    GROUP BY user_id, first_day
),
counted AS (
    SELECT
        *, COUNT(*) OVER () AS all_customers,
        SUM(CASE WHEN early + late > 0 THEN 1 ELSE 0 END) OVER () AS repeat_buyers,
        SUM(CASE WHEN early > 0 THEN 1 ELSE 0 END) OVER () AS early_repeat_buyers
    FROM customers
)
SELECT
    DATE_DIFF('day', first_day, CAST(:split AS DATE)) AS until_split, DATE_DIFF('day', first_day, CAST(:as_of AS DATE)) AS until_end,
    early, early_last, early_amount, late, late_amount, last, all_customers, repeat_buyers, early_repeat_buyers
FROM counted
ORDER BY MD5(CAST(user_id AS VARCHAR))
LIMIT :sample
