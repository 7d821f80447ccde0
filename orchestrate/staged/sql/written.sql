-- Letters of staging that were written; what was stopped before was never sent.
SELECT m.* FROM own.fct_messages AS m WHERE m.failed_reason IS NULL
