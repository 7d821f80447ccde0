-- Whom a policy found eligible, held out everywhere or not: everybody its messages could have concerned.
SELECT COUNT(DISTINCT d.user_id) AS total
FROM decisions AS d
WHERE d.policy_key = :policy_key AND d.decided_at + :horizon <= :as_of AND d.reason_code <> 'HELD_OUT_GLOBAL'
