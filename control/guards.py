"""What the database itself refuses, whoever writes to it.

The same sentences as triggers of SQLite and of PostgreSQL: nobody decides on
their own change, a version needs its approval, and history is not rewritten.
"""

from __future__ import annotations

from typing import NamedTuple

from control.approval_guards import APPROVAL_GUARDS
from core.lifecycle import TRANSITIONS


class Guard(NamedTuple):
    """Refuse ``event`` on ``table`` when ``condition`` (over NEW and OLD) holds."""

    name: str
    table: str
    event: str
    condition: str
    message: str


_UNAPPROVED = """
    NEW.change_request_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM reviews AS r
        WHERE r.change_request_id = NEW.change_request_id
          AND r.verdict = 'approve' AND r.content_hash = NEW.content_hash
    )
    OR NEW.change_request_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM versions AS v
        WHERE v.key = NEW.key AND v.content_hash = NEW.content_hash
    )
    AND NOT (
        NEW.kind IN (
            'trait_models', 'tracking_plan', 'channel_routes', 'contact_policy', 'templates',
            'destinations', 'syncs', 'funnels', 'audiences', 'channels'
        )
        AND NEW.version = 1 AND NEW.published_by = 'pilothouse'
    )
"""
# Version 1 of what is here is what a workspace began with, so that the first change can be taken
# back.
# Each of these has its kind as its key, so that no rule can pass for one.
_OTHER_KIND = """
    NEW.kind <> NEW.key AND (
        NEW.kind IN (
            'trait_models', 'tracking_plan', 'channel_routes', 'contact_policy', 'templates',
            'destinations', 'syncs', 'funnels', 'audiences', 'channels'
        )
        OR NEW.key IN (
            'trait_models', 'tracking_plan', 'channel_routes', 'contact_policy', 'templates',
            'destinations', 'syncs', 'funnels', 'audiences', 'channels'
        )
    )
"""
# What was accepted of a held cycle has its kind as its key, so that nothing else can pass for it.
_JUMP_AND_OTHER = """
    NEW.kind <> NEW.key AND 'population_jump' IN (NEW.kind, NEW.key)
"""
# Only what is in the outbox reaches a destination, and cycles of staging bear their name.
_STAGED = "substr(NEW.cycle_id, 1, 8) = 'staging-'"
# A key that names a journey once does so for good, and so does one that names a rule.
_JOURNEY_AND_RULE = """
    EXISTS (
        SELECT 1 FROM versions AS v
        WHERE v.key = NEW.key AND (v.kind = 'journey') <> (NEW.kind = 'journey')
    )
"""
_REWRITTEN = """
    NEW.key <> OLD.key OR NEW.version <> OLD.version OR NEW.content_hash <> OLD.content_hash
    OR NEW.kind <> OLD.kind
    OR CAST(NEW.content AS TEXT) <> CAST(OLD.content AS TEXT)
    OR OLD.state = 'superseded'
"""
# What is asked of a canary is approved with the change: nobody widens it afterwards.
_DECIDED_ALREADY = """
    EXISTS (SELECT 1 FROM reviews AS r WHERE r.change_request_id = NEW.change_request_id)
"""
_CANARY_REWRITTEN = """
    OLD.state <> 'running' OR NEW.id <> OLD.id OR NEW.key <> OLD.key OR NEW.version <> OLD.version
    OR NEW.share <> OLD.share OR NEW.salt <> OLD.salt OR NEW.started_at <> OLD.started_at
    OR COALESCE(NEW.baseline, 0) <> COALESCE(OLD.baseline, 0)
    OR CAST(NEW.limits AS TEXT) <> CAST(OLD.limits AS TEXT)
"""
# What is held back neither goes live nor is approved, whoever asks.
_SUSPENDED = """
    EXISTS (
        SELECT 1 FROM suspensions AS s
        WHERE s.change_request_id = NEW.change_request_id AND s.lifted_at IS NULL
    )
"""
# What has a window goes live in it, by the clock of whoever publishes.
_OUT_OF_WINDOW = """
    EXISTS (
        SELECT 1 FROM go_live_windows AS w
        WHERE w.change_request_id = NEW.change_request_id
          AND (NEW.published_at < w.at OR NEW.published_at >= w.until)
    )
"""
_SUSPENSION_REWRITTEN = """
    OLD.lifted_at IS NOT NULL OR NEW.change_request_id <> OLD.change_request_id
    OR NEW.seq <> OLD.seq OR NEW.code <> OLD.code OR NEW.at <> OLD.at
"""
# An emergency is looked at once, by somebody else.
_EMERGENCY_REWRITTEN = """
    OLD.reviewed_at IS NOT NULL OR NEW.reviewed_by IS NULL OR NEW.reviewed_by = OLD."by"
    OR NEW.id <> OLD.id OR NEW.at <> OLD.at OR NEW."by" <> OLD."by" OR NEW.deed <> OLD.deed
    OR NEW.subject <> OLD.subject OR NEW.reason <> OLD.reason
"""
# What an old backup brings back may have been revoked since: nothing goes live from it.
_HELD = "NEW.change_request_id IS NOT NULL AND EXISTS (SELECT 1 FROM store_holds)"
_OWN_CHANGE = """
    NEW."by" = (SELECT c.author FROM change_requests AS c WHERE c.id = NEW.change_request_id)
"""

_ALLOWED = " OR ".join(
    f"OLD.state = '{before}' AND NEW.state = '{after}'"
    for before, following in TRANSITIONS.items()
    for after in sorted(following)
)
_NOT_ALLOWED = f"NEW.state <> OLD.state AND NOT ({_ALLOWED})"

GUARDS: tuple[Guard, ...] = (
    Guard("four_eyes", "reviews", "INSERT", _OWN_CHANGE, "four eyes: the author may not decide"),
    Guard(
        "suspended_unapproved",
        "reviews",
        "INSERT",
        f"NEW.verdict = 'approve' AND {_SUSPENDED}",
        "this change request is suspended",
    ),
    Guard("reviews_stay", "reviews", "UPDATE", "1 = 1", "a review is final"),
    Guard("reviews_remain", "reviews", "DELETE", "1 = 1", "a review is final"),
    Guard("kept_or_approved", "versions", "INSERT", _UNAPPROVED, "a version needs its approval"),
    Guard("in_its_window", "versions", "INSERT", _OUT_OF_WINDOW, "this is not its window"),
    Guard("suspended_waits", "versions", "INSERT", _SUSPENDED, "its change request is suspended"),
    Guard("kinds_own_their_keys", "versions", "INSERT", _OTHER_KIND, "this key is of another kind"),
    Guard("journeys_stay_apart", "versions", "INSERT", _JOURNEY_AND_RULE, "this key is taken"),
    Guard("jumps_stay_apart", "versions", "INSERT", _JUMP_AND_OTHER, "this key is kept"),
    Guard("staged_stay_inside", "outbox", "INSERT", _STAGED, "what staging decides is not sent"),
    Guard("versions_stay", "versions", "UPDATE", _REWRITTEN, "a version is immutable"),
    Guard("versions_remain", "versions", "DELETE", "1 = 1", "a version is immutable"),
    Guard("asks_come_first", "canary_asks", "INSERT", _DECIDED_ALREADY, "it was decided already"),
    Guard("asks_stay", "canary_asks", "UPDATE", "1 = 1", "what was approved stays"),
    Guard("asks_remain", "canary_asks", "DELETE", "1 = 1", "what was approved stays"),
    Guard("certificates_stay", "certifications", "UPDATE", "1 = 1", "a certificate is final"),
    Guard("certificates_remain", "certifications", "DELETE", "1 = 1", "a certificate is final"),
    Guard("windows_come_first", "go_live_windows", "INSERT", _DECIDED_ALREADY, "it was decided"),
    Guard("windows_stay", "go_live_windows", "UPDATE", "1 = 1", "what was approved stays"),
    Guard("windows_remain", "go_live_windows", "DELETE", "1 = 1", "what was approved stays"),
    Guard("canaries_stay", "canaries", "UPDATE", _CANARY_REWRITTEN, "a canary only ends"),
    Guard("canaries_remain", "canaries", "DELETE", "1 = 1", "a canary is kept"),
    Guard("suspensions_stay", "suspensions", "UPDATE", _SUSPENSION_REWRITTEN, "it is only lifted"),
    Guard("suspensions_remain", "suspensions", "DELETE", "1 = 1", "a suspension is kept"),
    Guard("evaluations_stay", "evaluations", "UPDATE", "1 = 1", "an evaluation is filed once"),
    Guard("evaluations_remain", "evaluations", "DELETE", "1 = 1", "an evaluation is kept"),
    Guard("emergencies_stay", "emergencies", "UPDATE", _EMERGENCY_REWRITTEN, "it is only reviewed"),
    Guard("emergencies_remain", "emergencies", "DELETE", "1 = 1", "an emergency is kept"),
    Guard("requests_move_on", "change_requests", "UPDATE", _NOT_ALLOWED, "not from this state"),
    Guard("requests_remain", "change_requests", "DELETE", "1 = 1", "a change request is kept"),
    Guard("audit_stays", "audit", "UPDATE", "1 = 1", "the audit log is append-only"),
    Guard("audit_remains", "audit", "DELETE", "1 = 1", "the audit log is append-only"),
    *(Guard(*one) for one in APPROVAL_GUARDS),
    Guard("audit_texts_stay", "audit_texts", "UPDATE", "1 = 1", "a text stays or is forgotten"),
    Guard("audit_texts_remain", "audit_texts", "DELETE", "1 = 1", "a text stays or is forgotten"),
    Guard("redactions_stay", "audit_redactions", "UPDATE", "1 = 1", "a redaction is final"),
    Guard("redactions_remain", "audit_redactions", "DELETE", "1 = 1", "a redaction is final"),
    Guard("head_moves_on", "audit_head", "UPDATE", "NEW.seq <= OLD.seq", "the log only grows"),
    Guard("held_after_restore", "versions", "INSERT", _HELD, "the control store was restored"),
    Guard("head_remains", "audit_head", "DELETE", "1 = 1", "the log only grows"),
)


RETIRED = (
    "approved_only",
    "approved_or_shipped",
    "approved_or_begun",
    "approved_or_kept",
    "kinds_stay_apart",
    "kinds_keep_apart",
    "kinds_have_own_keys",
)
"""Guards on versions that others have replaced: a store made before still has them."""


def statements(dialect: str) -> tuple[str, ...]:
    """The statements that create every guard; running them again changes nothing."""
    build = {"sqlite": _sqlite, "postgresql": _postgresql}[dialect]
    where = " ON versions" if dialect == "postgresql" else ""
    retired = tuple(f"DROP TRIGGER IF EXISTS {name}{where}" for name in RETIRED)
    return retired + tuple(statement for guard in GUARDS for statement in build(guard))


def _sqlite(guard: Guard) -> tuple[str, ...]:
    return (
        f"CREATE TRIGGER IF NOT EXISTS {guard.name} BEFORE {guard.event} ON {guard.table} "
        f"WHEN {guard.condition} BEGIN SELECT RAISE(ABORT, '{guard.message}'); END",
    )


def _postgresql(guard: Guard) -> tuple[str, ...]:
    # A WHEN clause may not hold a subquery there, so the test lives in the function.
    condition = guard.condition.replace("instr(", "strpos(")
    return (
        f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {condition} THEN RAISE EXCEPTION '{guard.message}' "
        f"USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        f"IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
        f"CREATE OR REPLACE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
    )
