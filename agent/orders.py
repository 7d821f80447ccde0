"""Prompts that order something done: an answer says what, and who can do it.

A prompt drafts, counts and explains. What acts on people, rules or messages is done by a
person elsewhere, so an order is not read as a description of whom a rule is for.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from core.errors import Code, Refusal

_POLITE = (
    r"^\W*(?:(?:please|pls|kindly|just|now|then|hey|hi|ok|okay|can|could|would|will|you|go|ahead"
    r"|and|i|we|want|need|to|should|must|let'?s|us)\s+)*"
)
_SOON = (
    r"(?:right now|right away|straight away|now|immediately|instantly|at once|asap|a\.s\.a\.p"
    r"|as soon as possible|this (?:minute|second|instant|hour|morning|afternoon|evening)"
    r"|today|tonight|tomorrow(?: (?:morning|evening|night))?)"
)
_LATER = rf"(?:\s*,?\s*(?:please|pls|{_SOON}))*\W*$"
# Where a sentence goes on to say whom or when, it describes a rule.
_DESCRIBES = (
    r"(?:who|whose|that|which|with|without|having|if|when|whenever|once|after|before|until)"
)
_ALL = r"(?:(?:all|every|each|any|the|this|that|these|those|my|our|of|entire|whole)\s+)*"
_IT = r"(?:it|this|that|them|these|everything|all)"
_RULE = (
    r"(?:rules?|polic(?:y|ies)|journeys?|campaigns?|drafts?|changes?|change requests?|requests?)"
)
# 'the upgrade nudge rule': what it is called, before what it is.
_NAMED = rf"{_ALL}(?:(?!(?:with|who|whose|that|from|for|to|users?|people)\b)[\w-]+\s+){{0,4}}?"
_PEOPLE = r"(?:users?|customers?|members?|people|persons?|accounts?|profiles?|everyone|everybody)"
_DATA = r"(?:data|events?|tables?|database|warehouse|history|logs?|audit log|audiences?|tickets?)"
_PERSONAL = (
    r"(?:e-?mails?(?: address(?:es)?)?|(?:mobile )?phone(?: number)?s?"
    r"|(?:full |first |last )?names?|(?:home |postal )?address(?:es)?|birthdays?|birth dates?"
    r"|dates? of birth|contact (?:details|data)|personal data|passwords?)"
)
_SENDS = r"(?:sends?|sending|messag(?:es?|ing)|e-?mails?|push(?:es)?|notifications?|everything)"


class _Order(NamedTuple):
    """What is ordered, as a pattern, and the answer to it."""

    pattern: str
    code: Code
    message: str
    fix: str


_ORDERS = (
    _Order(
        rf"(?:send|push|e-?mail|mail|message|text|sms|notify|blast|ping|remind|alert|tell|invite)\b"
        rf"(?:(?!\b{_DESCRIBES}\b)[^.!?])*?\b{_SOON}\W*$",
        Code.OUT_OF_SCOPE,
        "Nothing is sent from a prompt: it drafts a rule, another person approves that, and the "
        "next cycle sends what consent, caps and quiet hours allow.",
        "Say who should get it and leave out when, such as 'Send an email to all users'.",
    ),
    _Order(
        rf"(?:send|fire|deliver|launch|dispatch|blast)\s+{_IT}(?:\s+(?:out|off))?{_LATER}",
        Code.OUT_OF_SCOPE,
        "Nothing is sent from a prompt: an approved rule sends in the next cycle.",
        "Send the draft for approval; an approver decides under Approvals.",
    ),
    _Order(
        rf"(?:approve|reject|sign off|sign-off|accept|decline)\s+(?:on\s+)?"
        rf"(?:{_NAMED}{_RULE}|{_IT})\b",
        Code.BYPASS_REQUESTED,
        "Nobody approves or rejects from a prompt: another person decides after looking at it.",
        "An approver decides under Approvals, or with 'pilothouse approvals approve ID'.",
    ),
    _Order(
        rf"(?:publish|deploy|activate|launch|ship|enable|roll out|turn on|switch on)\s+"
        rf"(?:{_NAMED}{_RULE}|{_IT}){_LATER}",
        Code.OUT_OF_SCOPE,
        "Nothing goes live from a prompt: a change goes live when another person approves it.",
        "Send the draft for approval; an approver decides under Approvals.",
    ),
    _Order(
        rf"(?:delete|erase|wipe|purge|destroy|remove|drop|forget|anonymi[sz]e)\s+"
        rf"(?:{_NAMED}{_RULE}|{_ALL}{_DATA}|{_ALL}(?:user|customer|member|person|account|profile))\b"
        # 'drop the ticket condition' is a change of a draft.
        r"(?!\s+(?:conditions?|clauses?|requirements?|filters?|suppressions?)\b)",
        Code.OUT_OF_SCOPE,
        "Nothing is deleted from a prompt: neither people and their data, nor rules.",
        "An admin removes one person with 'pilothouse forget ID'; a rule is stopped with "
        "'pilothouse rules pause KEY'.",
    ),
    _Order(
        rf"(?:delete|erase|wipe|purge|destroy|anonymi[sz]e)\s+{_ALL}(?:\w+\s+)?{_PEOPLE}\b",
        Code.OUT_OF_SCOPE,
        "Nothing is deleted from a prompt: neither people and their data, nor rules.",
        "An admin removes one person, everywhere and for good, with 'pilothouse forget ID'.",
    ),
    _Order(
        rf"(?:pause|stop|halt|cancel|kill|disable|suspend|resume|restart|turn off|switch off)\s+"
        rf"{_NAMED}(?:{_RULE}|{_SENDS}|deliver(?:y|ies)|cycles?|kill switch){_LATER}",
        Code.OUT_OF_SCOPE,
        "Nothing is stopped or started again from a prompt.",
        "Stop at once with 'pilothouse kill --policy KEY', '--channel NAME' or '--all', and one "
        "rule with 'pilothouse rules pause KEY'.",
    ),
    _Order(
        rf"(?:run|start|trigger|execute|kick off)\s+{_ALL}(?:decision\s+)?"
        rf"(?:cycles?|pipeline|deliver(?:y|ies)|import|backfill|evals?){_LATER}",
        Code.OUT_OF_SCOPE,
        "Nothing is run from a prompt.",
        "Run it with 'pilothouse pipeline run', or 'pilothouse cycle run --dry-run' to look only.",
    ),
    _Order(
        rf"(?:opt|sign)[ -]?(?:in|out|up)\s+{_ALL}(?:\w+\s+)?{_PEOPLE}\b"
        rf"|(?:unsubscribe|resubscribe)\s+{_ALL}(?:\w+\s+)?{_PEOPLE}\b",
        Code.OUT_OF_SCOPE,
        "Consent is what a user said: no prompt gives or takes it.",
        "It comes in with where it was given: 'pilothouse import fct_consent FILE'.",
    ),
    _Order(
        rf"(?:export|download|dump)\s+{_ALL}(?:\w+\s+)?(?:{_PEOPLE}|{_DATA}|lists?|e-?mails?|rows?)\b"
        r"|(?:send|e-?mail|mail|text|give)\s+me\s+(?:\w+\s+){0,3}?(?:list|export|csv|spreadsheet)\b"
        rf"|(?:show|list|give|print|tell|reveal|display|get|fetch|return|name|what (?:is|are))\s+"
        rf"(?:(?:me|us)\s+)?{_ALL}{_PERSONAL}\s+of\s+(?:[\w-]+\s+){{0,4}}?{_PEOPLE}\b",
        Code.OUT_OF_SCOPE,
        "No list of people, and no personal data of theirs, leaves through a prompt.",
        "Ask 'How many users …?', or name them by id with 'pilothouse rules audience KEY --ids'.",
    ),
)


def ordered(prompt: str) -> Refusal | None:
    """What to say to a prompt that orders something done; None when it describes or asks."""
    for order in _ORDERS:
        found = re.search(f"{_POLITE}(?:{order.pattern})", prompt, re.IGNORECASE)
        if found:
            said = found[0].strip(" \t\n\"'“”.!,;:")
            return Refusal(code=order.code, message=order.message, span=said, fix=order.fix)
    return None
