"""Introspect: from the tables of a team's own warehouse to the draft of a catalog.

``reading`` counts what is in the tables, ``links`` finds keys and what refers to
them, ``roles`` says which table plays which part and why, ``sections`` and
``mapping`` turn that into the catalog's sections and views, ``writing`` puts
them into files. Nothing of the team's is written; every choice carries its
reasons and how sure it is.
"""

from warehouse.introspect.choices import Choice
from warehouse.introspect.draft import Draft, draft_catalog
from warehouse.introspect.writing import write_draft

__all__ = ["Choice", "Draft", "draft_catalog", "write_draft"]
