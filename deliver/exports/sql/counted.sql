-- Users of the audience by why they are left out; NULL for those who are not.
SELECT reason, COUNT(*) FROM judged GROUP BY reason
