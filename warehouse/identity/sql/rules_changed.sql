SELECT COUNT(*) > 0 FROM (
    (FROM identity_rules EXCEPT FROM identity_applied) UNION ALL (FROM identity_applied EXCEPT FROM identity_rules))
