"""What is refused before it is read.

Bypasses, protected attributes, SQL, other languages, and what is too long.
"""

from __future__ import annotations

import re
import unicodedata

from agent.planners.grammar.meaning import refused
from core.errors import Code
from warehouse.catalog import Catalog

MAX_LENGTH = 4_000

_HIDDEN = {"Cf", "Cc", "Co", "Cn"}

_BYPASS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"\b(skip|bypass|circumvent|avoid|omit|forgo|waive|get around|disable|turn off|switch off|"
        r"remove|no need for|not need|don'?t need|don'?t wait for|do not wait for|without|drop)"
        r"\s+(\w+\s+){0,4}?(approvals?|approvers?|sign-?off|reviews?|reviewers?|guardrails?|"
        r"checks|safety|four[- ]eyes|consent checks?|consent rules?|quiet hours|frequency caps?|"
        r"contact polic\w+)\b",
        r"\b(approve|self-?approve|auto-?approve)\s+(it|this|that|them|my|the|yourself|everything|"
        r"your|all)\b",
        r"\b(publish|push|put|send|make|deploy|take|go|ship|launch)\s+(it\s+|this\s+|them\s+|that\s+)?"
        r"(live|to production|straight to production)\b",
        r"\bpublish\b.{0,40}\b(directly|immediately|right away|straight|now|yourself|at once)\b",
        r"\b(ignore|disregard|forget|override|overrule)\s+(\w+\s+){0,4}?(rules?|instructions?|"
        r"polic\w+|guardrails?|consent|caps?|limits?|opt-?outs?|unsubscribes?|quiet hours|"
        r"restrictions?|prompts?|safeguards?)\b",
        r"\b(already|pre-?)\s*approved\b",
        r"\b(regardless of|even without|whether or not they (have )?given|despite)\s+(\w+\s+){0,3}?"
        r"(consent|opt(ed|ing)?[- ]?(in|out)|unsubscrib\w+|permission)",
        r"\beven (if|when|though) they('ve| have)? (unsubscribed|opted out|not consented)",
        r"\b(who|that)( have|'ve)? (unsubscribed|opted out) (too|as well)\b",
        r"\bquiet hours\s+(off|disabled)\b",
        r"\b(you are now|system prompt|developer mode|jailbreak|act as (an? "
        r")?(admin|approver|root))\b",
        r"\b(mark|treat|consider|set)\s+(it|this|that)\s+(as\s+)?(approved|live|published)\b",
        r"\bas (an? )?(approver|admin),? (approve|publish)\b",
    )
)
_PROTECTED = re.compile(
    r"\b(gender|sex|sexual\w*|male|males|female|females|men|man|women|woman|girls?|boys?|"
    r"race|racial\w*|ethnic\w*|religio\w+|muslims?|christians?|jews|jewish|hindus?|buddhists?|"
    r"catholics?|pregnan\w+|disab(led|ilit\w+)|health|medical|illness\w*|diabet\w+|depress\w+|"
    r"obes\w+|age|ages|aged|years old|year-olds?|teens?|teenagers?|elderly|seniors?|minors?|"
    r"gay|lesbian|transgender|politic\w*|trade union|married|marital|nationalit\w+|citizenship|"
    r"immigrants?|hispanic|latino|latina|black (people|users|customers)|white "
    r"(people|users|customers)|"
    r"postcodes?|post ?codes?|zip ?codes?|millennials?|gen ?z|boomers?)\b",
    re.IGNORECASE,
)
_COMPARED = (
    r"(?=\s+(is\s+|of\s+)?(score|above|below|under|over|at least|at most|between|less|more|"
    r"higher|lower|greater|[<>=\d]))"
)
_SQL = re.compile(
    r"\b(drop|truncate|alter|create)\s+(table|view|schema|database|index)\b|\bdelete\s+from\b|"
    r"\binsert\s+into\b|\bupdate\s+\w+\s+set\b|\bunion\s+(all\s+)?select\b|\bselect\s+\*|"
    r"\bgrant\s+\w+\s+on\b|--\s|/\*|\bwhere\s+\w+\s*(=|<>|<|>|like|in\s*\()|\battach\s+'|\bcopy\s+\w+\s+to\b",
    re.IGNORECASE,
)
_ENGLISH = frozenset(
    "the a an and or of to for in on with who that have has had users user not no is are at least "
    "more than last days week this how many why did what which people all everyone send create "
    "show me from my our i we they their them if when but by who's".split()
)
_FOREIGN = frozenset(
    "der die das und nicht für mit wer haben hat die eine einen nutzer alle sind zu den dem im "
    "le la les des une pour qui ont pas avec utilisateurs et dans est sont que du aux créer "
    "el los las una para que con han usuarios y sin por crear del al "
    "o os as um uma para com não usuários e em por che gli della utenti di non per con sono "
    "een het voor niet gebruikers van".split()
)


def clean(prompt: str) -> str:
    """The prompt without invisible characters, which could hide words from a reader."""
    kept = (c for c in prompt if c in "\n\t" or unicodedata.category(c) not in _HIDDEN)
    return unicodedata.normalize("NFKC", "".join(kept)).strip()


def check(prompt: str, catalog: Catalog) -> None:
    """Raise what forbids reading a prompt at all; nothing when it may be read."""
    _check_size(prompt)
    _check_bypass(prompt)
    _check_sql(prompt, catalog)
    _check_language(prompt)
    _check_protected(prompt, catalog)


def _check_size(prompt: str) -> None:
    if not prompt:
        raise refused(
            Code.NOT_UNDERSTOOD,
            "The prompt is empty.",
            fix="Ask, for example, 'Create eligibility rules for … that targets users who …'.",
        )
    if len(prompt) > MAX_LENGTH:
        raise refused(
            Code.NOT_UNDERSTOOD,
            f"The prompt has {len(prompt):,} characters; at most {MAX_LENGTH:,} are read.",
            span=prompt[:60] + "…",
            fix="Describe one rule, policy or question in a few sentences.",
        )


def _check_bypass(prompt: str) -> None:
    for pattern in _BYPASS:
        found = pattern.search(prompt)
        if found:
            raise refused(
                Code.BYPASS_REQUESTED,
                "Approval, consent and contact limits cannot be skipped from a prompt: "
                "another person approves every change.",
                span=found[0],
                fix="Leave that part out; the draft goes to an approver by itself.",
            )


def _check_sql(prompt: str, catalog: Catalog) -> None:
    tables = "|".join(re.escape(name) for name in catalog.tables)
    found = _SQL.search(prompt) or re.search(
        rf"\bselect\b.+\bfrom\s+({tables})\b", prompt, re.I | re.S
    )
    if found:
        raise refused(
            Code.OUT_OF_SCOPE,
            "The prompt contains SQL, which is not run from a prompt.",
            span=found[0],
            fix="Say it in words, or use 'pilothouse sql check' and 'pilothouse sql run'.",
        )


def _check_language(prompt: str) -> None:
    letters = [c for c in prompt if c.isalpha()]
    latin = [c for c in letters if "LATIN" in unicodedata.name(c, "")]
    words = re.findall(r"[^\W\d_]+", prompt.lower())
    english = sum(word in _ENGLISH for word in words)
    foreign = sum(word in _FOREIGN and word not in _ENGLISH for word in words)
    if len(latin) * 2 < len(letters) or (foreign >= 2 and foreign > english):
        raise refused(
            Code.OUT_OF_SCOPE,
            "This planner understands English only.",
            span=prompt[:60],
            fix="Write the prompt in English.",
        )


def _check_protected(prompt: str, catalog: Catalog) -> None:
    allowed = _declared(prompt, catalog)
    found = next(
        (one for one in _PROTECTED.finditer(prompt) if not _within(one.span(), allowed)), None
    )
    span = found[0] if found else _protected_column(prompt, catalog)
    if span:
        raise refused(
            Code.PROTECTED_ATTRIBUTE,
            f"'{span}' is a protected attribute, or stands for one: it cannot "
            f"decide who gets a message.",
            span=span,
            fix="Use behaviour instead: what users did, when, and how often.",
        )


def _declared(prompt: str, catalog: Catalog) -> list[tuple[int, int]]:
    """Where the prompt names a trait or public column of the catalog: 'health score'."""
    columns = {
        name: column.phrases
        for name, column in catalog.user_columns().items()
        if column.data_class == "public"
    }
    named = columns | {name: trait.phrases for name, trait in catalog.traits.items()}
    events = {name: event.phrases for name, event in catalog.events.items()}
    found: list[tuple[int, int]] = []
    for name, phrases in (*named.items(), *events.items()):
        for phrase in (name, name.replace("_", " "), *phrases):
            # One word alone may be anything: it is the column's where it is compared.
            compared = "" if " " in phrase or "_" in phrase else _COMPARED
            shape = rf"\b{re.escape(phrase)}\b{compared}"
            found += [one.span() for one in re.finditer(shape, prompt, re.IGNORECASE)]
    return found


def _within(span: tuple[int, int], allowed: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in allowed)


def _protected_column(prompt: str, catalog: Catalog) -> str | None:
    low = prompt.lower()
    for name, column in catalog.user_columns().items():
        if column.data_class == "protected":
            for phrase in (name, name.replace("_", " "), *column.phrases):
                if re.search(rf"\b{re.escape(phrase.lower())}\b", low):
                    return phrase
    return None
