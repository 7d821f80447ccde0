-- name: upgrade_propensity
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- audit: not_null
-- audit: range 0 .. 1
-- meaning: How likely a user who pays for nothing is to start a paid subscription within 14 days, 0 to 1; 0 for those who pay.

-- Made by 'pilothouse model train upgrade_propensity': train again, do not edit the weights.
-- learnt from: 2026-04-06, 2026-04-13, 2026-04-20, 2026-04-27
-- calibrated on: 2026-05-11, 2026-05-18
-- measured on: 2026-06-01, 2026-06-08, 2026-06-15
-- labels: sha256 5924fdaea60ec3d4, 14 days ahead
-- rows: 93560 users at those moments, true for 3601
-- snapshot: sha256 76c8def572ee1e534ce207a27cc0f11081d9c6c169e70ed9abc64860f957570e
-- with: scikit-learn 1.9.1, logistic regression, Platt calibration, seed 7
-- later slice: AUC 0.8342, Brier 0.03292 (base rate alone 0.03551), log loss 0.1297
SELECT
    user_id,
    CASE WHEN paying = 0 THEN CAST(ROUND(1.0 / (1.0 + EXP(-(
            -5.13
            + 0.975 * LEAST(pricing_30d, 2) -- pricing_views
            + 0.095 * LEAST(checkouts_30d, 3) -- checkouts
            + 0.145 * LEAST(opened_14d, 12) -- visits
            + 1.801 * CASE WHEN signup_at >= $as_of - INTERVAL '7' DAY THEN 1 ELSE 0 END -- first_week
            + 0.395 * CASE WHEN signup_at >= $as_of - INTERVAL '21' DAY THEN 1 ELSE 0 END -- first_three_weeks
            + 0.524 * trialing -- on_trial
            + 0.133 * paid -- paid_before
    ))), 3) AS DOUBLE) ELSE CAST(0 AS DOUBLE) END AS upgrade_propensity
FROM user_facts
