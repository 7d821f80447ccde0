-- Meta custom audiences from a customer list: every column is a hash. Phones have no plus sign, names and places no punctuation.
SELECT
    sha256(email) AS email, sha256(phone) AS phone, sha256(first_name) AS fn, sha256(last_name) AS ln, sha256(city) AS ct,
    sha256(state) AS st, sha256(zip) AS zip, sha256(country) AS country,
    email IS NOT NULL OR phone IS NOT NULL OR (first_name IS NOT NULL AND last_name IS NOT NULL AND COALESCE(zip, city) IS NOT NULL) AS matchable
FROM (
    SELECT
        as_email(email) AS email, substr(as_phone(phone), 2) AS phone, as_name(first_name) AS first_name,
        as_name(last_name) AS last_name, as_letters(city) AS city, as_letters(state) AS state,
        CASE WHEN as_country(country) = 'us' THEN left(as_letters(zip), 5) ELSE as_letters(zip) END AS zip, as_country(country) AS country
    FROM contacts
) AS read
