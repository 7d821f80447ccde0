-- Who got what at a moment: by live rules, and by staging with its rules in force. Journeys are apart: nobody decides twice on theirs.
WITH theirs AS (
    SELECT user_id, string_agg(DISTINCT action_key, ', ' ORDER BY action_key) AS actions
    FROM main.decisions
    WHERE decided_at = $at AND outcome = 'selected' AND NOT contains(policy_key, '@')
    GROUP BY user_id
),
mine AS (
    SELECT user_id, string_agg(DISTINCT action_key, ', ' ORDER BY action_key) AS actions
    FROM staging.decisions
    WHERE cycle_id = $cycle_id AND outcome = 'selected' AND NOT contains(policy_key, '@')
    GROUP BY user_id
)
SELECT t.actions AS live, m.actions AS staging, COUNT(*) AS people, (list(COALESCE(t.user_id, m.user_id) ORDER BY 1))[1:3] AS users
FROM theirs AS t
FULL JOIN mine AS m ON m.user_id = t.user_id
GROUP BY t.actions, m.actions
ORDER BY people DESC, live NULLS FIRST, staging NULLS FIRST
