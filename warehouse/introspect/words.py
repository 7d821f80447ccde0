"""Names of a foreign schema as words: parts, singular and plural, safe identifiers, phrases."""

from __future__ import annotations

import re

PREFIXES = frozenset({"dim", "fact", "fct", "stg", "tbl", "raw", "src", "d", "f", "t", "v"})
"""What says how a table is built, not what is in it."""
_TRANSLITERATED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "é": "e",
     "è": "e", "ç": "c", "ñ": "n", "á": "a", "à": "a", "ó": "o", "í": "i", "ú": "u"}
)  # fmt: skip
_IRREGULAR = {"people": "person", "children": "child", "addresses": "address", "statuses": "status",
              "news": "news", "series": "series", "status": "status", "address": "address",
              "sales": "sale", "purchases": "purchase", "purchase": "purchase"}  # fmt: skip

HAPPENINGS = {
    "order": ("placed", "place", ("order", "buy", "purchase")),
    "purchase": ("made", "make", ("purchase", "buy")),
    "sale": ("made", "make", ("buy", "purchase")),
    "booking": ("made", "make", ("book",)),
    "payment": ("made", "make", ("pay",)),
    "return": ("made", "make", ("return an order",)),
    "refund": ("given", "get", ()),
    "ticket": ("opened", "open", ("contact support",)),
    "case": ("opened", "open", ("contact support",)),
    "request": ("made", "make", ()),
    "review": ("written", "write", ("review",)),
    "comment": ("written", "write", ("comment",)),
    "message": ("received", "receive", ()),
    "email": ("received", "receive", ()),
    "view": ("opened", "open", ()),
    "session": ("started", "start", ("visit",)),
    "visit": ("started", "start", ("visit",)),
    "login": ("made", "make", ("log in", "sign in")),
    "subscription": ("started", "start", ("subscribe",)),
    "signup": ("made", "make", ("sign up",)),
    "search": ("made", "make", ("search",)),
    "download": ("made", "make", ("download",)),
    "cart": ("started", "start", ()),
    "checkout": ("started", "start", ("check out",)),
}
"""What a row of such a table is: the noun's participle, its verb, and other words for it."""


def parts(name: str) -> tuple[str, ...]:
    """``orderItems``, ``ORDER_ITEMS`` and ``order items`` are (``order``, ``items``)."""
    plain = name.translate(_TRANSLITERATED)
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return tuple(word.lower() for word in re.split(r"[^A-Za-z0-9]+", split) if word)


def safe(name: str, reserved: frozenset[str] = frozenset()) -> str:
    """The name as one that needs no quotes in any SQL: lower case, words joined by ``_``."""
    plain = "_".join(parts(name)) or "column"
    plain = f"c_{plain}" if plain[0].isdigit() else plain
    return f"{plain}_" if plain in reserved else plain


def singular(word: str) -> str:
    """``categories`` is ``category``; what is singular stays."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


def noun(table: str) -> str:
    """What one row of a table is: ``dim_customers`` is ``customer``."""
    words = [word for word in parts(table) if word not in PREFIXES] or list(parts(table))
    return "_".join((*words[:-1], singular(words[-1])))


def spoken(name: str) -> str:
    """A name as people say it."""
    return name.replace("_", " ")


def with_article(noun_: str) -> str:
    """``an order``, ``a support case``."""
    return f"{'an' if noun_[:1] in 'aeio' else 'a'} {noun_}"


def happening(noun_: str) -> tuple[str, tuple[str, ...], bool]:
    """The event of a row: its name, phrases, and whether the word for it is known."""
    last = noun_.rpartition("_")[2]
    known = HAPPENINGS.get(last)
    participle, verb, others = known or ("recorded", "have", ())
    said = spoken(noun_)
    phrases = [f"{verb} {with_article(said)}", said, f"{said} {participle}"]
    if noun_ == last:
        # A sale is made by the seller: what a user does is buy.
        at = 0 if last == "sale" else 2
        phrases[at:at] = others
    return f"{noun_}_{participle}", tuple(dict.fromkeys(phrases)), known is not None


def viewed(page: str) -> tuple[str, tuple[str, ...]]:
    """The event of a look at one kind of page, with its phrases."""
    said = spoken(page)
    seen = (f"view the {said} page", f"open the {said} page", f"view {with_article(said)}",
            f"look at {with_article(said)}", f"visit the {said} page", f"{said} page view",
            f"view the {said}", f"see the {said} page")  # fmt: skip
    return f"{page}_viewed", seen
