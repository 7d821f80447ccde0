"""What the database itself refuses about approvals: too few, of the wrong people, or changed.

``folded`` is core/same_person as far as SQL goes, the same in SQLite and PostgreSQL.
"""

from __future__ import annotations


def folded(address: str) -> str:
    """An SQL expression: the one form of an address, whatever stands before its plus and dots."""
    whole = f"lower(trim({address}))"
    local = f"substr({whole}, 1, instr({whole} || '@', '@') - 1)"
    bare = f"substr({local}, 1, instr({local} || '+', '+') - 1)"
    domain = f"substr({whole}, instr({whole} || '@', '@') + 1)"
    return (
        f"CASE WHEN {domain} IN ('gmail.com', 'googlemail.com') "
        f"THEN replace({bare}, '.', '') || '@gmail.com' ELSE {bare} || '@' || {domain} END"
    )


_THIS = "change_request_id = NEW.change_request_id"
_OWN_WORK = f"""(
    {folded('NEW."by"')} IN (SELECT a.author FROM request_authors AS a WHERE a.{_THIS})
    OR {folded('NEW."by"')} = (
        SELECT {folded("c.author")} FROM change_requests AS c WHERE c.id = NEW.change_request_id
    )
)"""  # noqa: S608 - only expressions of this module
_NO_APPROVER = """NOT EXISTS (
    SELECT 1 FROM roles AS r WHERE r.email = NEW."by" AND r.role = 'approver'
)"""
_OTHERS = f"""(
    SELECT COUNT(DISTINCT {folded('s."by"')}) FROM sign_offs AS s
    JOIN roles AS r ON r.email = s."by" AND r.role = 'approver'
    WHERE s.{_THIS} AND s.content_hash = NEW.content_hash AND s.effect_hash = NEW.effect_hash
      AND s.dependency_hash = NEW.dependency_hash
      AND {folded('s."by"')} <> {folded('NEW."by"')}
)"""  # noqa: S608 - only expressions of this module
_TERMS_HOLD = f"""EXISTS (
    SELECT 1 FROM review_terms AS t JOIN change_requests AS c ON c.id = t.change_request_id
    WHERE t.{_THIS} AND t.content_hash = NEW.content_hash AND c.content_hash = NEW.content_hash
      AND t.approvers <= 1 + {_OTHERS}
)"""  # noqa: S608 - only expressions of this module
# Whoever is told apart as an author is told so, and not that others are missing.
_TOO_FEW = f"NEW.verdict = 'approve' AND NOT {_OWN_WORK} AND NOT {_TERMS_HOLD}"
_NOT_WAITING = """NOT EXISTS (
    SELECT 1 FROM change_requests AS c
    WHERE c.id = NEW.change_request_id AND c.state = 'in_review'
      AND c.content_hash = NEW.content_hash
)"""
_DECIDED = """
    EXISTS (SELECT 1 FROM reviews AS r WHERE r.change_request_id = NEW.change_request_id)
"""
_OTHER_REQUEST = """
    NEW.id <> OLD.id OR NEW.author <> OLD.author OR NEW.kind <> OLD.kind
    OR NEW.target_key <> OLD.target_key OR NEW.content_hash <> OLD.content_hash
    OR NEW.created_at <> OLD.created_at
    OR COALESCE(NEW.base_version, 0) <> COALESCE(OLD.base_version, 0)
"""
_OWN = "four eyes: the author may not decide"
_ALWAYS = "1 = 1"

APPROVAL_GUARDS: tuple[tuple[str, str, str, str, str], ...] = (
    ("own_work_unreviewed", "reviews", "INSERT", _OWN_WORK, _OWN),
    ("own_work_unsigned", "sign_offs", "INSERT", _OWN_WORK, _OWN),
    (
        "approvers_approve",
        "reviews",
        "INSERT",
        f"NEW.verdict = 'approve' AND NOT {_OWN_WORK} AND {_NO_APPROVER}",
        "only an approver may approve",
    ),
    (
        "approvers_sign",
        "sign_offs",
        "INSERT",
        f"NOT {_OWN_WORK} AND {_NO_APPROVER}",
        "only an approver may approve",
    ),
    ("enough_agree", "reviews", "INSERT", _TOO_FEW, "too few approvers agreed to it"),
    ("sign_offs_come_first", "sign_offs", "INSERT", _NOT_WAITING, "this does not wait for it"),
    ("sign_offs_stay", "sign_offs", "UPDATE", _ALWAYS, "an approval is final"),
    ("sign_offs_remain", "sign_offs", "DELETE", _ALWAYS, "an approval is final"),
    ("terms_come_first", "review_terms", "INSERT", _DECIDED, "it was decided already"),
    ("terms_stay", "review_terms", "UPDATE", _ALWAYS, "the terms of a review stay"),
    ("terms_remain", "review_terms", "DELETE", _ALWAYS, "the terms of a review stay"),
    ("authors_stay", "request_authors", "UPDATE", _ALWAYS, "an author stays one"),
    ("authors_remain", "request_authors", "DELETE", _ALWAYS, "an author stays one"),
    ("requests_stay", "change_requests", "UPDATE", _OTHER_REQUEST, "a change request is kept"),
)
"""Name, table, event, condition and message of each."""
