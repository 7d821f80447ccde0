-- Google Ads Customer Match: e-mail, phone and names as hashes, country and postal code as they are. An address counts only whole.
SELECT
    sha256(email) AS "Email", sha256(phone) AS "Phone", CASE WHEN whole THEN sha256(first_name) END AS "First Name",
    CASE WHEN whole THEN sha256(last_name) END AS "Last Name", CASE WHEN whole THEN upper(country) END AS "Country",
    CASE WHEN whole THEN zip END AS "Zip", email IS NOT NULL OR phone IS NOT NULL OR whole AS matchable
FROM (
    SELECT *, first_name IS NOT NULL AND last_name IS NOT NULL AND country IS NOT NULL AND zip IS NOT NULL AS whole
    FROM (
        SELECT
            without_points(as_email(email)) AS email, as_phone(phone) AS phone, as_words(first_name) AS first_name,
            as_words(last_name) AS last_name, as_country(country) AS country, upper(as_words(zip)) AS zip
        FROM contacts
    ) AS read
) AS checked
