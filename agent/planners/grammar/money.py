"""Currencies as people write them, and which columns hold money."""

from __future__ import annotations

from agent.planners.grammar.words import Text
from warehouse.catalog import Column

CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD",
    "dollar": "USD", "dollars": "USD", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP",
    "chf": "CHF", "¥": "JPY", "jpy": "JPY", "yen": "JPY", "inr": "INR", "₹": "INR",
    "rupees": "INR", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "pln": "PLN", "aud": "AUD",
    "cad": "CAD", "brl": "BRL", "bucks": "USD",
}  # fmt: skip
_MONEY = frozenset(
    "amount total price value revenue cost fee spend spent principal balance worth mrr arr gmv "
    "subtotal premium charge payment paid ltv income budget deposit fare rent bill salary eur usd "
    "euro euros dollars limit margin turnover sum fees".split()
)


def currency(text: Text, start: int, end: int) -> str | None:
    """The code of the currency named between two tokens."""
    codes = (CURRENCIES.get(text.low(k)) for k in range(start, end))
    return next((code for code in codes if code), None)


def is_money(name: str, column: Column) -> bool:
    """Whether a number is an amount of money, by its name, its phrases or its description."""
    said = " ".join((name.replace("_", " "), *column.phrases, column.description))
    return bool(_MONEY & {word.strip(".,;:()").lower() for word in said.split()})
