"""Plans of rudder-cli are read whole: what the plan cannot hold is listed with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from collect.plan import TrackingPlan, load_plan
from collect.plan_files import as_text, read_plan, write_rudder
from core.errors import Code, PilothouseError

V1 = {
    "events.yaml": """
version: rudder/v1
kind: events
metadata: {name: shop}
spec:
  events:
    - {id: placed, name: "Order Placed", event_type: track, category: "#category:sales",
       description: The buyer pays.}
    - {id: seen, name: Product Viewed, event_type: track}
    - {id: known, event_type: identify}
""",
    "properties.yaml": """
version: rudder/v1
kind: properties
metadata: {name: shop}
spec:
  properties:
    - {id: total, name: total, type: number, config: {minimum: 0, multiple_of: 0.01}}
    - {id: currency, name: currency, type: string, config: {enum: [EUR, USD]}}
    - {id: coupon, name: coupon, types: [string, "null"], config: {max_length: 12}}
    - {id: at, name: paid_at, type: string, config: {format: date-time}}
    - {id: mail, name: mail, type: string, config: {format: email}}
    - {id: odd, name: odd, type: string, config: {format: json-pointer}}
    - {id: either, name: either, types: [string, integer, null],
       config: {max_length: 5, maximum: 9}}
    - {id: when, name: when, types: [number, string], config: {format: date-time}}
    - {id: items, name: items, type: array, item_type: string, config: {min_length: 1}}
    - {id: mixed, name: mixed, type: array, item_types: [number, null]}
    - {id: boxes, name: boxes, type: array, item_types: ["#custom-type:address"]}
    - {id: address, name: address, type: "#custom-type:address"}
    - {id: city, name: city, type: string}
    - {id: looked, name: sku, type: string, config: {pattern: "(?=A)"}}
    - {id: dotted, name: a.b, type: string}
""",
    "types.yml": """
version: rudder/v1
kind: custom-types
metadata: {name: shop}
spec:
  types:
    - id: address
      name: Address
      type: object
      properties: [{property: "#property:city", required: true}]
""",
    "more/categories.yaml": """
version: rudder/v1
kind: categories
metadata: {name: shop}
spec: {categories: [{id: sales, name: Sales}]}
""",
    "plan.yaml": """
version: rudder/v1
kind: tracking-plan
metadata: {name: shop}
spec:
  id: shop
  display_name: Shop
  rules:
    - type: event_rule
      id: one
      event: "#event:placed"
      additional_properties: false
      properties:
        - {property: "#property:total", required: true}
        - {property: "#property:currency"}
        - {property: "#property:coupon", required: true}
        - {property: "#property:at"}
        - {property: "#property:mail"}
        - {property: "#property:odd"}
        - {property: "#property:either"}
        - {property: "#property:when"}
        - {property: "#property:items"}
        - {property: "#property:mixed"}
        - {property: "#property:boxes"}
        - {property: "#property:address"}
      variants: [{type: discriminator}]
    - type: event_rule
      id: two
      event: "#event:seen"
      properties:
        - {property: "#property:looked"}
        - {property: "#property:dotted"}
    - {type: event_rule, id: three, event: "#event:known"}
""",
}
OLD = """
version: rudder/0.1
kind: {kind}
metadata: {{name: {group}}}
spec: {spec}
"""


def folder_of(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = tmp_path / "plan" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "plan"


def test_a_folder_of_rudder_cli_becomes_a_plan(tmp_path: Path) -> None:
    read = read_plan(folder_of(tmp_path, V1), TrackingPlan(events={}))

    assert read.plan.document()["events"] == {
        "Order Placed": {
            "description": "The buyer pays.",
            "others": "dead_letter",
            "properties": {
                "total": {"type": "number", "required": True, "minimum": 0},
                "currency": {"type": "string", "enum": ["EUR", "USD"]},
                "coupon": {
                    "type": "string",
                    "required": True,
                    "nullable": True,
                    "max_length": 12,
                },
                "paid_at": {"type": "timestamp"},
                "mail": {"type": "string", "format": "email"},
                "odd": {"type": "string"},
                "either": {
                    "types": ["string", "integer"],
                    "nullable": True,
                    "max_length": 5,
                    "maximum": 9,
                },
                "when": {"types": ["number", "timestamp"]},
                "items": {"type": "array", "items": ["string"], "min_length": 1},
                "mixed": {"type": "array", "items": ["number", "null"]},
                "boxes": {"type": "array"},
                "address": {"type": "object"},
                "address.city": {"type": "string", "required": True},
            },
        },
        "Product Viewed": {"properties": {"sku": {"type": "string"}}},
    }


def test_what_cannot_be_held_is_listed_with_its_file_and_path(tmp_path: Path) -> None:
    told = read_plan(folder_of(tmp_path, V1), TrackingPlan(events={})).left_out

    assert sorted(line.partition(": ")[0] for line in told) == [
        "plan.yaml, spec.rules.0.variants",
        "plan.yaml, spec.rules.2",
        "properties.yaml, spec.properties.0",
        "properties.yaml, spec.properties.10",
        "properties.yaml, spec.properties.13",
        "properties.yaml, spec.properties.14",
        "properties.yaml, spec.properties.5",
    ]
    assert any("format is not checked: Input should be 'date'" in line for line in told)
    assert any("items is not checked: Input should be 'string'" in line for line in told)
    assert any("pattern is not checked: the pattern (?=A) cannot be read" in line for line in told)
    assert any("only track events are planned, and this is identify" in line for line in told)


def test_the_older_spelling_with_groups_and_nested_properties_is_read(tmp_path: Path) -> None:
    files = {
        "e.yaml": OLD.format(
            kind="events", group="g", spec="{events: [{id: a, name: A, event_type: track}]}"
        ),
        "p.yaml": OLD.format(
            kind="properties",
            group="h",
            spec="{properties: [{id: o, name: o, type: object}, {id: n, name: n, "
            "type: 'integer, null', propConfig: {maximum: 5}}]}",
        ),
        "t.yaml": OLD.format(
            kind="tp",
            group="t",
            spec="{id: t, display_name: T, rules: [{type: event_rule, id: r, event: "
            "{$ref: '#/events/g/a', allow_unplanned: false}, properties: [{$ref: "
            "'#/properties/h/o', properties: [{$ref: '#/properties/h/n', properties: "
            "[{$ref: '#/properties/h/n'}]}]}]}]}",
        ),
    }

    read = read_plan(folder_of(tmp_path, files), TrackingPlan(events={}), "drop")

    assert read.plan.document()["events"] == {
        "A": {
            "others": "drop",
            "properties": {
                "o": {"type": "object"},
                "o.n": {"type": "integer", "nullable": True, "maximum": 5},
            },
        }
    }
    assert [line for line in read.left_out if "o.n.n lies two levels deep" in line]


def test_aliases_and_junk_ids_of_the_live_plan_stay_where_they_still_mean_something(
    tmp_path: Path,
) -> None:
    live = TrackingPlan.model_validate(
        {
            "events": {
                "Order Placed": {
                    "properties": {"total": {}, "gone": {}},
                    "aliases": {"purchase": {"sum": "total", "x": "gone"}, "Product Viewed": {}},
                }
            },
            "junk_ids": ["nobody"],
        }
    )

    read = read_plan(folder_of(tmp_path, V1), live)

    assert read.plan.events["Order Placed"].aliases == {"purchase": {"sum": "total"}}
    assert read.plan.junk_ids == ("nobody",)
    assert [line for line in read.left_out if "no longer renames x" in line]
    assert [line for line in read.left_out if "Product Viewed is an event of its own" in line]


@pytest.mark.parametrize(
    ("name", "old", "new", "where", "told"),
    [
        ("plan.yaml", '"#event:placed"', '"#event:lost"', "spec.rules.0.event", "points at no"),
        ("plan.yaml", '"#event:placed"', "7", "spec.rules.0.event", "no reference"),
        ("plan.yaml", '"#event:seen"', '"#event:placed"', "spec.rules.1", "has two rules"),
        ("plan.yaml", '"#property:at"', '"#event:seen"', "properties.3", "points at no"),
        ("plan.yaml", "kind: tracking-plan", "kind: other", "", "no tracking plans"),
        ("events.yaml", "name: Product Viewed,", "", "spec.events.1.name", "has a name"),
        ("events.yaml", "id: seen,", "", "spec.events.1.id", "an id is required"),
        ("events.yaml", "id: seen,", "id: placed,", "spec.events.1.id", "two events with the id"),
        ("events.yaml", "  events:", "  events: {}\n  more:", "spec.events", "list is expected"),
        ("events.yaml", "spec:", "spec: [", "", "not valid"),
    ],
)
def test_files_that_do_not_fit_together_are_refused_with_file_and_path(
    tmp_path: Path, name: str, old: str, new: str, where: str, told: str
) -> None:
    assert old in V1[name]
    folder = folder_of(tmp_path, V1 | {name: V1[name].replace(old, new, 1)})

    with pytest.raises(PilothouseError, match=told) as refused:
        read_plan(folder, TrackingPlan(events={}))

    assert refused.value.refusal.code is Code.SETTINGS_INVALID
    assert where in str(refused.value.refusal.span)


def test_a_folder_or_file_that_holds_no_plan_is_refused(tmp_path: Path) -> None:
    live = TrackingPlan(events={})
    (tmp_path / "empty").mkdir()
    mixed = folder_of(tmp_path, V1 | {"ours.yaml": "events: {}"})
    for path, told in [
        (tmp_path / "empty", "no YAML file"),
        (tmp_path / "missing.yaml", "No such file"),
        (mixed, "is no file of rudder-cli"),
    ]:
        with pytest.raises(PilothouseError, match=told):
            read_plan(path, live)


def test_a_plan_written_for_rudder_cli_and_read_again_is_the_same_plan(tmp_path: Path) -> None:
    plan = read_plan(folder_of(tmp_path, V1), TrackingPlan(events={})).plan

    files, unsaid = write_rudder(plan, tmp_path / "out", "Shop")

    assert len(files) == 3
    assert unsaid == []
    assert read_plan(tmp_path / "out", TrackingPlan(events={})) == (plan, ())


def test_what_rudder_cli_cannot_say_is_told_when_a_plan_is_written_for_it(tmp_path: Path) -> None:
    plan = load_plan()

    _, unsaid = write_rudder(plan, tmp_path, "App")

    assert unsaid == [
        "checkout_started: the alias plan_selected",
        "the list of ids that stand for nobody",
    ]
    assert read_plan(tmp_path, plan).plan == plan


def test_a_plan_written_as_our_file_and_read_again_is_the_same_plan(tmp_path: Path) -> None:
    plan = load_plan().model_copy(update={"version": 7})
    file = tmp_path / "plan.yaml"
    file.write_text(as_text(plan), encoding="utf-8")

    assert read_plan(file, plan).plan == plan
    assert yaml.safe_load(file.read_text())["version"] == 7
