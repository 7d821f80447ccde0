"""Templates: which are well formed, and what they say with somebody's values in them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.filling import Missing, Rendered, fill
from core.rules import Action, Offer
from core.templates import Template, Variable

ACTION = Action(key="nudge", name="Nudge", channels=("email",), template_key="hello")
OFFER = Offer(
    key="spring",
    discount=0.2,
    list_price=12.5,
    valid_from=datetime(2026, 3, 1),
    valid_until=datetime(2026, 4, 1),
)


def template(**more: Any) -> Template:
    base = {"name": "Hello", "channels": ("email",), "body": "Hello."}
    return Template.model_validate(base | more)


def said(variable: dict[str, Any], raw: object, **more: Any) -> str:
    found = fill(template(body="$x", variables={"x": variable}, **more), ACTION, {"x": raw})
    assert isinstance(found, Rendered)
    return found.body


# Well formed.


def test_a_place_that_is_no_variable_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match=r"the body names \$who, which is no variable"):
        template(body="Hello $who")


def test_a_dollar_sign_is_written_twice() -> None:
    with pytest.raises(ValueError, match=r"write \$\$ for a sign"):
        template(body="Only $5")

    assert fill(template(body="Only $$5"), ACTION, {}) == Rendered("Nudge", "Only $5", None, {})


def test_a_subject_is_one_line() -> None:
    with pytest.raises(ValueError, match="a subject is one line"):
        template(subject="Hello\nBcc: somebody@example.com")


def test_a_variable_has_exactly_one_source() -> None:
    for sources in ({}, {"column": "country", "trait": "ltv"}):
        with pytest.raises(ValueError, match="one source"):
            Variable.model_validate(sources)


def test_an_action_has_words_of_its_own_or_a_template() -> None:
    with pytest.raises(ValueError, match="not both"):
        Action(key="a", name="A", channels=("email",), template="Hello", template_key="hello")


def test_a_rule_without_a_template_reads_as_it_did_before_there_were_any() -> None:
    plain = Action(key="a", name="A", channels=("email",), template="Hello")

    assert "template_key" not in plain.model_dump(mode="json")
    assert ACTION.model_dump(mode="json")["template_key"] == "hello"


@pytest.mark.parametrize(
    "html",
    [
        '<a href="$x">go</a>',
        '<a href="https://example.com/?u=$x">go</a>',
        "<b title=$x>b</b>",
        "<b $x>b</b>",
        "<style>p { color: $x }</style>",
        '<p style="color: $x">p</p>',
        "<!-- $x -->",
        '<img src="a.png" onerror="go()">',
        "<script>go()</script>",
        '<a title="$x',
    ],
)
def test_html_has_places_only_where_escaping_makes_a_value_harmless(html: str) -> None:
    with pytest.raises(ValueError, match=r"html|constant"):
        template(html=html, variables={"x": {"column": "country"}})


def test_an_address_may_have_a_constant_in_it() -> None:
    made = template(html='<a href="$shop">go</a>', variables={"shop": {"constant": "https://x"}})

    assert fill(made, ACTION, {}) == Rendered(
        "Nudge", "Hello.", '<a href="https://x">go</a>', {"shop": "https://x"}
    )


# What it says.


@pytest.mark.parametrize(
    ("kind", "raw", "text"),
    [
        ("string", "Zoë 🎈", "Zoë 🎈"),
        ("string", 7, "7"),
        ("string", date(2026, 3, 1), "2026-03-01"),
        ("integer", 1_234, "1234"),
        ("integer", 3.0, "3"),
        ("number", 9.9, "9.90"),
        ("number", Decimal("12.345"), "12.35"),
        ("boolean", True, "yes"),
        ("boolean", False, "no"),
        ("date", datetime(2026, 3, 1, 9), "2026-03-01"),
        ("timestamp", datetime(2026, 3, 1, 9, 5), "2026-03-01 09:05"),
    ],
)
def test_a_value_is_written_by_its_type(kind: str, raw: object, text: str) -> None:
    assert said({"column": "c", "type": kind}, raw) == text


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("string", None),
        ("string", " \u202e\n "),
        ("string", True),
        ("integer", 3.5),
        ("integer", "3"),
        ("number", float("nan")),
        ("number", float("inf")),
        ("number", 10**40),
        ("boolean", 1),
        ("date", "soon"),
        ("timestamp", date(2026, 3, 1)),
    ],
)
def test_a_value_that_is_none_or_of_another_type_is_missing(kind: str, raw: object) -> None:
    made = template(body="$x", variables={"x": {"column": "c", "type": kind}})

    assert fill(made, ACTION, {"x": raw}) == Missing(("x",))
    assert said({"column": "c", "type": kind, "required": False}, raw) == "Nudge"


def test_a_fallback_is_written_where_there_is_no_value() -> None:
    assert said({"column": "c", "fallback": "friend"}, None) == "friend"
    assert said({"column": "c", "type": "number", "fallback": 3}, float("nan")) == "3.00"


def test_a_value_is_never_read_as_a_place_or_as_html() -> None:
    made = template(
        subject="For $x",
        body="$x",
        html='<p title="$x">$x</p>',
        variables={"x": {"column": "c"}, "secret": {"column": "email"}},
    )

    found = fill(made, ACTION, {"x": "$secret <script>\"'&", "secret": "a@example.com"})

    assert isinstance(found, Rendered)
    assert found.body == "$secret <script>\"'&"
    escaped = "$secret &lt;script&gt;&quot;&#x27;&amp;"
    assert found.html == f'<p title="{escaped}">{escaped}</p>'


def test_a_long_value_is_cut_with_an_ellipsis() -> None:
    assert said({"column": "c", "longest": 10}, "a" * 10) == "a" * 10
    assert said({"column": "c", "longest": 10}, "a" * 9 + " b") == "a" * 9 + "…"


@given(some.text())
def test_whatever_a_value_is_the_subject_is_one_line(raw: str) -> None:
    made = template(
        subject="For $x", body="Dear $x", variables={"x": {"column": "c", "fallback": "you"}}
    )

    found = fill(made, ACTION, {"x": raw})

    assert isinstance(found, Rendered)
    assert len(found.subject.splitlines()) == len(found.body.splitlines()) == 1
    assert len(found.subject) <= 204
    found.subject.encode()


def test_the_fields_of_an_offer_are_values() -> None:
    made = template(
        body="$off % off until $until: $paid",
        variables={
            "off": {"offer": "discount_percent", "type": "integer"},
            "until": {"offer": "valid_until", "type": "date"},
            "paid": {"offer": "paid", "type": "number"},
        },
    )

    found = fill(made, ACTION.model_copy(update={"offer": OFFER}), {})

    assert isinstance(found, Rendered)
    assert found.body == "20 % off until 2026-04-01: 10.00"
    assert found.variables == {"off": 20, "until": "2026-04-01", "paid": 10.0}
    assert fill(made, ACTION, {}) == Missing(("off", "until", "paid"))
