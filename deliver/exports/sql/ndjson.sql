-- For whoever reads hashes of their own: trimmed, in lower case, phones as E.164. Every value is a hash.
SELECT
    sha256(email) AS email_sha256, sha256(phone) AS phone_sha256, sha256(first_name) AS first_name_sha256,
    sha256(last_name) AS last_name_sha256, sha256(city) AS city_sha256, sha256(state) AS state_sha256, sha256(zip) AS zip_sha256,
    sha256(country) AS country_sha256, email IS NOT NULL OR phone IS NOT NULL AS matchable
FROM (
    SELECT
        as_email(email) AS email, as_phone(phone) AS phone, as_words(first_name) AS first_name, as_words(last_name) AS last_name,
        as_words(city) AS city, as_words(state) AS state, as_words(zip) AS zip, as_country(country) AS country
    FROM contacts
) AS read
