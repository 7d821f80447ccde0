-- What advertising cost: paid sources only, per day and country, loosely following sign-ups.
CREATE OR REPLACE TABLE fct_spend AS
WITH arrivals AS (
    SELECT CAST(signup_at AS DATE) AS day, utm_source, country, count(*) AS signups
    FROM dim_users GROUP BY ALL
),
prices AS (
    SELECT * FROM (VALUES ('google', 3.4), ('facebook', 2.9), ('tiktok', 1.8), ('referral', 0.9)) AS t(utm_source, cost)
)
SELECT
    CAST(c.day_at AS DATE) AS day, p.utm_source, n.country,
    CAST(round(p.cost * (0.4 + coalesce(a.signups, 0)) * (0.8 + 0.4 * draw(hash(p.utm_source, n.country), 'spend', hash(c.day, w.seed))), 2) AS DOUBLE) AS spend
FROM calendar c CROSS JOIN prices p CROSS JOIN (SELECT DISTINCT country FROM people WHERE country IS NOT NULL) n CROSS JOIN world w
LEFT JOIN arrivals a ON a.day = CAST(c.day_at AS DATE) AND a.utm_source = p.utm_source AND a.country = n.country
ORDER BY c.day, p.utm_source, n.country;
