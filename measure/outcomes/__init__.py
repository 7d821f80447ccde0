"""What came of it all: figures of the business and of governance, whose a conversion is, campaigns.

Each module owns one topic and gives parts of ``result.Outcomes``; every number carries the query
that made it, and one that cannot be said carries the reason instead.
"""
