-- A star of facts and dimensions, in camel case, with days as numbers.
CREATE TABLE dim_customer AS
SELECT n AS "customerKey", 'C' || lpad(n::VARCHAR, 6, '0') AS "customerNumber", 'Person ' || n AS "fullName",
    'p' || n || '@firm.example' AS "eMail", CASE n % 4 WHEN 0 THEN 'North' WHEN 1 THEN 'South' ELSE 'West' END AS region,
    DATE '2024-01-01' + to_days(n::INTEGER % 300) AS "createdOn", CASE WHEN n % 2 = 0 THEN 'Y' ELSE 'N' END AS "marketingConsent"
FROM range(1, 501) AS t (n);
CREATE TABLE dim_product AS SELECT n AS "productKey", 'Product ' || n AS title FROM range(1, 31) AS t (n);
CREATE TABLE fact_sales AS
SELECT n AS "salesId", 1 + hash(n) % 500 AS "customerKey", 1 + hash(n * 3) % 30 AS "productKey",
    CAST(strftime(DATE '2025-01-01' + to_days((n % 180)::INTEGER), '%Y%m%d') AS INTEGER) AS "dateKey",
    CAST(5 + n % 90 AS DECIMAL(10, 2)) AS amount, CASE n % 3 WHEN 0 THEN 'store' ELSE 'online' END AS "salesChannel"
FROM range(1, 4001) AS t (n);
