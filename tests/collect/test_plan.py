"""The tracking plan and the catalog use the same names."""

from __future__ import annotations

from pathlib import Path

import pytest

from collect.plan import TrackingPlan, load_plan
from core.errors import Code, PilothouseError
from warehouse.catalog import load_catalog


def test_the_plan_and_the_catalog_list_the_same_events_under_the_same_names() -> None:
    planned, catalog = load_plan().events, load_catalog().events

    assert set(planned) == set(catalog)
    for name, event in catalog.items():
        assert set(planned[name].aliases) == set(event.aliases)
        types = {key: column.type for key, column in event.properties.items()}
        assert types.items() <= {key: p.type for key, p in planned[name].properties.items()}.items()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: -1\nevents: {}", "greater than or equal to 0"),
        ("version: 1\nevents: {a: {colour: red}}", "Extra inputs"),
        ("version: 1\nevents: {a: {aliases: {b: {}}}, b: {}}", "'b' means two events"),
        ("version: 1\nevents: {a: {aliases: {b: {x: y}}}}", "renames to unknown y"),
        ("version: 1\nevents: {a: {properties: {'x\"': {type: string}}}}", "quote"),
        ("version: [", "not valid"),
        ("events: {a: {aliases: {a: {}}}}", "names the event itself"),
        ("events: {a: {aliases: {b: {}}}, b: {aliases: {a: {}}}}", "means two events"),
        ("events: {a: {properties: {x: {}}, aliases: {b: {x: x}}}}", "onto itself"),
        (
            "events: {a: {properties: {x: {}, y: {}}, aliases: {b: {x: y, y: x}}}}",
            "which is a property of the event itself",
        ),
        ("events: {a: {properties: {x: {}}, aliases: {b: {v: x, w: x}}}}", "two properties to x"),
        ("events: {a: {properties: {x.y: {}}, aliases: {b: {v: x.y}}}}", "only properties at the"),
        ("events: {a: {properties: {x.y.z: {}}}}", "at the top or inside one other"),
        ("events: {' ': {}}", "1 to 255 characters"),
        ('events: {"a\\nb": {}}', "control codes"),
        ("events: {a: {properties: {x: {pattern: '(?=a)'}}}}", "cannot be read: invalid perl"),
        ("events: {a: {properties: {x: {type: number, pattern: a}}}}", "cannot have a pattern"),
        ("events: {a: {properties: {x: {minimum: 2, maximum: 1}}}}", "nothing is at least 2.0"),
        ("events: {a: {properties: {x: {enum: []}}}}", "at least 1 item"),
        ("events: {a: {properties: {x: {type: number, types: [string, number]}}}}", "not both"),
        ("events: {a: {properties: {x: {types: [string, any]}}}}", "are not several types"),
        ("events: {a: {properties: {x: {types: [string]}}}}", "at least 2 items"),
        ("events: {a: {properties: {x: {types: [string, timestamp]}}}}", "is a string already"),
        (
            "events: {a: {properties: {x: {types: [number, boolean], pattern: a}}}}",
            "or boolean cannot",
        ),
        ("events: {a: {properties: {x: {type: number, format: email}}}}", "cannot have a format"),
        ("events: {a: {properties: {x: {type: string, items: string}}}}", "cannot have item types"),
        ("events: {a: {properties: {x: {items: [text]}}}}", "Input should be 'string'"),
        ("- a\n- b", "valid dictionary"),
    ],
)
def test_a_plan_that_is_wrong_is_refused_with_its_reason(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(text)

    with pytest.raises(PilothouseError, match=told) as refused:
        load_plan(file)

    assert refused.value.refusal.code is Code.SETTINGS_INVALID


def test_a_plan_says_the_same_after_it_was_written_down_as_a_document() -> None:
    plan = load_plan()

    assert TrackingPlan.model_validate(plan.document()) == plan
    assert "version" not in plan.document()


def test_names_with_quotes_dots_and_any_letters_are_names() -> None:
    odd = {"events": {'a "b".c; --': {"aliases": {"événement 中文": {}}}}}

    names = [row.sent_name for row in TrackingPlan.model_validate(odd).names()]

    assert names == ['a "b".c; --', "événement 中文"]
