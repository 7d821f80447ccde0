-- What users had said by $at, as far as it had reached us by $known.
SELECT * FROM fct_consent WHERE effective_at <= $at AND COALESCE(observed_at, effective_at) <= $known
