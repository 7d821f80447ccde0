/* What people of each policy paid within the horizon of their first decision, by arm: people, sum and sum of squares.
   Only decisions whose horizon is over; whoever is in both arms is in neither. */
WITH decided AS (
    SELECT
        policy_key, user_id, MIN(decided_at) AS since, MIN(outcome) AS outcome
    FROM decisions
    WHERE decided_at + :horizon <= :as_of AND (outcome = 'selected' OR (reason_code = 'HELD_OUT_POLICY' AND ghost))
    GROUP BY policy_key, user_id
    HAVING MIN(outcome) = MAX(outcome)
),
paid AS (
    SELECT d.policy_key, d.user_id, SUM(p.amount) AS amount
    FROM decided AS d
    JOIN payments AS p ON p.user_id = d.user_id AND p.paid_at > d.since AND p.paid_at < d.since + :horizon
    GROUP BY d.policy_key, d.user_id
)
SELECT
    d.policy_key, d.outcome, COUNT(*) AS users, COALESCE(SUM(p.amount), 0) AS amount, COALESCE(SUM(p.amount * p.amount), 0) AS squares
FROM decided AS d
LEFT JOIN paid AS p ON p.policy_key = d.policy_key AND p.user_id = d.user_id
GROUP BY d.policy_key, d.outcome
ORDER BY 1, 2
