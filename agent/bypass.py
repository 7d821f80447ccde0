"""Wordings that ask to go around what people decide: approval, consent, limits, the rules of this.

The words are only the first line: nothing that a prompt says can approve, send or
change a limit. Saying so at once spares whoever asks a draft that goes nowhere.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_SKIP = (
    r"(skip|bypass|avoid|ignor(?:e|ing)|overrid(?:e|ing)|overrule|circumvent|disable|sidestep|dodge"
    r"|evade|waive|forgo|omit|disregard|work around|get around|go around|turn off|switch off"
    r"|leave out|do without|dispense with|sneak past|no need for|forget about|never mind"
    r"|not bother with|don'?t need|do not need|doesn'?t need|don'?t wait for|do not wait for"
    r"|don'?t ask for|do not ask for|needs? no|requires? no)"
)
_GATES = (
    r"(approvals?|approvers?|reviews?|reviewers?|sign[- ]?offs?|guardrails?|guard rails?"
    r"|polic(?:y|ies) checks?|safety checks?|compliance|human in the loop|four[- ]eyes"
    r"|second pair of eyes|safeguards?|authori[sz]ation|green light|change requests?)"
)
_ITSELF = r"(it|this|them|that|the rule|the policy|the change|your own|my own|yourself|myself)"
# Whom a rule is about: "skip users who wrote a review" skips no review of ours.
_PEOPLE = r"(users?|people|persons?|customers?|members?|everyone|everybody|anyone|those|who)"
# An order to approve, not a word about the one who will: "so that Pavel can approve it".
_TOLD = r"(^|[.!?,;:]\s*|\b(and|then|please|just|also|you|to|hereby|on|now)\s+)"
_AT_ONCE = (
    r"(right away|immediately|directly|at once|straight away|without asking|yourself|on your own"
    r"|before (anyone|anybody|somebody|someone|they))"
)
_HIGH_UP = r"(legal|compliance|management|my boss|everyone|the (ceo|cmo|cto|boss|board|approvers?))"
_CLAIMED = r"(approved|signed off|cleared|greenlit|live|published)"
_LEFT = r"(unsubscribed|opted[- ]out|withdrew consent|withdrawn consent|said no|not consented)"
# Where these stand, people are kept out, not brought in.
_KEPT_OUT = (
    r"(?!.*\b(exclud\w+|except|suppress\w*|never|not|without|skip\w*|unless|stop\w*"
    r"|how many|count|which|why)\b)"
)

_APPROVAL = (
    r"\bwithout\b[^.!?]{0,25}\b(approvals?|approvers?|sign[- ]?offs?|guardrails?|authori[sz]ation"
    r"|four[- ]eyes)\b",
    r"\bwithout (anyone|anybody|someone|somebody|a human|another person|telling|asking)\b"
    r"[^.!?]{0,25}\b(approv\w+|review\w*|check\w*|look\w*|notic\w+|know\w*|sign\w*|compliance|legal|them)\b",
    rf"\b{_SKIP}\b(?:(?!\b{_PEOPLE}\b)[^.!?]){{0,40}}\b{_GATES}\b",
    r"\b(approvals?|sign[- ]?offs?)\b[^.!?]{0,12}(\b(not|never)|n't)\s*(be\s+)?"
    r"(needed|required|necessary)\b",
    r"\bno (approvals?|sign[- ]?offs?|reviews?)\b[^.!?]{0,12}"
    r"\b(needed|required|necessary|please)\b",
    rf"\b(self|auto)[- ]?approve\b\s+{_ITSELF}\b",
    rf"{_TOLD}(approve|rubber[- ]?stamp|sign off( on)?|green[- ]?light)\s+{_ITSELF}\b",
    r"\bapprove\b[^.!?]{0,40}\b(yourself|automatically|on my behalf|on behalf|for me|in my name)\b",
    rf"\b(publish|activate|go live|put live|make live|launch|deploy)\b[^.!?]{{0,40}}\b{_AT_ONCE}\b",
    rf"\b(mark|set|treat|consider|count|regard|assume|pretend|flag|log)\b[^.!?]{{0,30}}"
    rf"(\bas\b|\bis\b|'s\b|\bwas\b|\bit\b)\s*(already\s+|pre-?)?{_CLAIMED}\b",
    r"\b(treat|count|take|use)\b[^.!?]{0,30}\bas (an?|my|the|your)?\s*(approval|sign[- ]?off)\b",
    r"\b(it|this|that|everything|the (rule|policy|draft|change|campaign))('s| has| have| is| was)"
    r"\s+(all\s+)?(already|pre-?)\s*(been\s+)?(approved|signed off)\b",
    rf"\b{_CLAIMED} by {_HIGH_UP}\b",
    rf"\b{_HIGH_UP}\s+(has|have)?\s*(already\s+)?(approved|signed off)\s+(on\s+)?(it|this|that)\b",
    r"\b(you have my|i give my|i grant|here is my|with my) (approval|permission|sign[- ]?off)\b",
    r"\bi('m| am)\b[^.!?]{0,40}\bapprover\b[^.!?]{0,40}\b(approve|publish|so (do|just|go))\b",
    r"\bbehind (the|my|their) (approver|compliance|legal|boss)?\w*'?s? ?backs?\b",
    r"\b(straight|directly) (to|into) production\b",
)
_CONSENT = (
    r"\b(regardless of|irrespective of|despite|no matter|whatever)\b[^.!?]{0,25}"
    r"\b(consent|opt(ed|ing)?[- ]?(in|out)s?|unsubscrib\w+|permission|preferences?)\b",
    r"\b(ignor(e|ing)|disregard(ing)?|overrid(e|ing)|overrul(e|ing)|bypass(ing)?)\b[^.!?]{0,30}"
    r"\b(consents?|opt[- ]?(in|out)s?|unsubscribes?|preference cent(er|re)|quiet hours"
    r"|(frequency|contact|message) (caps?|limits?))\b",
    r"\bwithout (asking for|checking( for)?|needing|regard (to|for))\b[^.!?]{0,15}\bconsent\b",
    rf"\beven (if|when|though) (they|users?|people)( have|'ve)? {_LEFT}\b",
    rf"^{_KEPT_OUT}.*\b(who|that|those)( have|'ve)? {_LEFT}\b[^.!?]{{0,8}}"
    r"\b(too|as well|anyway|also)\b",
    rf"^{_KEPT_OUT}.*\b(including|even)( to| the)?( users| people| those)?( who| that)?"
    rf"( have|'ve)? {_LEFT}\b",
    r"\b(turn|switch|set) (the )?quiet hours off\b",
    r"\b(turn|switch) off (the )?(quiet hours|frequency caps?|caps)\b",
)
_ORDERS = (
    r"\b(ignore|disregard|forget|override)\b[^.!?]{0,30}\b(previous|prior|all|your|the|any|above)\b"
    r"[^.!?]{0,20}\b(instructions?|rules?|prompts?|guidelines|orders)\b",
    r"\b(ignore|disregard|forget) (everything|anything|what)\b[^.!?]{0,20}"
    r"\b(above|before|told|said|so far)\b",
    r"\b((you are|you'?re|be) (now|from now on)|(now|from now on),? (you are|you'?re|be))\b"
    r"[^.!?]{0,30}\b(admin\w*|approver|root|unrestricted|free|dan)\b",
    rf"{_TOLD}(act|answer|respond|behave|pretend|reply|role-?play)\b[^.!?]{{0,20}}"
    r"\b(as|to be|like|you'?re|you are)\b[^.!?]{0,10}\b(admin\w*|approver|root|superuser|system)\b",
    r"\b(developer|god|debug|admin|unrestricted|sudo) mode\b|\bjailbreak\w*\b|\bdo anything now\b",
    r"\b(show|print|reveal|repeat|output|leak)\b[^.!?]{0,20}\b(system|hidden|initial|your)\b"
    r"[^.!?]{0,10}\b(prompt|instructions)\b",
    r"\bsystem\s*(prompt|override)\b|</?\s*(system|assistant|instructions?)\s*>|\[/?inst\]"
    r"|^\W*(system|assistant)( message)?\s*:",
)
_ELSEWHERE = (
    r"\b(ohne|umgeh\w*|überspring\w*|ignorier\w*)\b[^.!?]{0,40}\b(genehmigung|freigabe|prüfung"
    r"|zustimmung|einwilligung|anweisung(en)?|richtlinien?|ruhezeit(en)?)\b"
    r"|\bgenehmige (es|das|dies)\b",
    r"\b(sans|ignore[rz]?|contourne[rz]?|saute[rz]?|supprime[rz]?)\b[^.!?]{0,40}\b(approbation"
    r"|validation|consignes|instructions|consentement|limite|règles)\b"
    r"|\bapprouve[rz]?[- ](le|la|tout)\b",
    r"\b(sin|ignora\w*|omite\w*|salta\w*|elimina\w*)\b[^.!?]{0,40}\b(aprobaci[oó]n|revisi[oó]n"
    r"|instrucciones|consentimiento|l[ií]mite|reglas)\b|\bapru[eé]ba(lo|la)\b",
    r"\b(senza|ignora\w*|salta\w*|rimuovi)\b[^.!?]{0,40}\b(approvazione|istruzioni|consenso|limite"
    r"|regole)\b|\bapprovalo\b",
    r"\b(sem|ignore|pule|remova)\b[^.!?]{0,40}\b(aprovação|instruções|consentimento|limite|regras)\b",
    r"\b(zonder|negeer|omzeil)\b[^.!?]{0,40}\b(goedkeuring|instructies|toestemming|limiet|regels)\b",
)


class Bypass(NamedTuple):
    """What a prompt asks to go around: the words, what is said to it, and what to do instead."""

    words: str
    message: str
    fix: str


_PATTERNS = tuple(
    (
        re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE | re.MULTILINE),
        message,
        fix,
    )
    for patterns, message, fix in (
        (
            _CONSENT,
            "Consent, quiet hours and contact limits hold for every message, whoever asks.",
            "Leave that part out; limits change as any rule does, with another person's approval.",
        ),
        (
            (*_APPROVAL, *_ELSEWHERE),
            "Nothing goes live without another person's approval, whoever asks.",
            "Ask for the rule itself; it then waits for an approver.",
        ),
        (
            _ORDERS,
            "A prompt says whom a rule is for; it gives no orders about who decides, and no roles.",
            "Ask for the rule itself; it then waits for an approver.",
        ),
    )
)


def bypass(text: str) -> Bypass | None:
    """What a text asks to go around, the text being as a reader sees it; None when nothing."""
    for pattern, message, fix in _PATTERNS:
        if found := pattern.search(text):
            return Bypass(found[0], message, fix)
    return None
