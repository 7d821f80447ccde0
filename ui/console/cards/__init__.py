"""How one thing is drawn: an answer, a policy, a report, a change request."""
