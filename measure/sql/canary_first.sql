-- When the first user was decided on by a version of a policy.
SELECT MIN(d.decided_at) AS first_at
FROM decisions AS d
WHERE d.policy_key = :policy_key AND d.policy_version = :canary
