"""The catalog: every name points somewhere, and a file that is wrong says where."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from core.conditions import leaves
from core.errors import Code, PilothouseError, Refusal
from core.reasons import BY_CODE
from warehouse.catalog import BUILT_IN, SECTIONS, load_catalog, nearest, unknown_name
from warehouse.compile import validate
from warehouse.models import runner as models

CATALOG = load_catalog()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUILT_IN / "workout_app", tmp_path / "mine"))


def refused(folder: Path) -> Refusal:
    with pytest.raises(PilothouseError) as error:
        load_catalog(folder)
    assert error.value.refusal.code is Code.SETTINGS_INVALID
    assert error.value.refusal.fix
    return error.value.refusal


# The built-in one.


def test_every_condition_of_the_catalog_is_one_that_it_can_decide() -> None:
    conditions = [audience.condition for audience in CATALOG.audiences.values()]
    conditions += CATALOG.action_eligibility.values()
    conditions += [stop.when for stops in CATALOG.action_stop.values() for stop in stops]

    assert len(conditions) >= 9
    assert [validate(condition, CATALOG) for condition in conditions] == [()] * len(conditions)
    assert all(list(leaves(condition)) for condition in conditions)


def test_every_trait_has_a_model_and_every_model_a_trait() -> None:
    files = {file.stem for file in Path(models.__file__).parent.glob("traits/*.sql")}

    assert set(CATALOG.traits) == files
    assert set(CATALOG.tables["traits"].columns) == {"user_id", *files}


def test_every_column_that_an_entity_reads_is_a_column_of_its_table() -> None:
    for entity in CATALOG.entities.values():
        stored = {name for name, one in entity.columns.items() if one.expression is None}
        assert stored <= set(CATALOG.tables[entity.table].columns)
        assert set(entity.latest_by) <= set(CATALOG.tables[entity.table].columns)
        assert (entity.cardinality == "one") == bool(entity.latest_by)


def test_personal_data_is_marked_and_reserved_words_are_not_names() -> None:
    assert CATALOG.user_columns()["email"].data_class == "personal"
    assert not set(CATALOG.actions) & {code.lower() for code in BY_CODE}


def test_an_alias_is_the_event_it_stands_for() -> None:
    assert CATALOG.event_named("plan_selected") == "checkout_started"
    assert CATALOG.event_named("checkout_started") == "checkout_started"
    assert CATALOG.event_named("swim_completed") is None


# Names that it lacks.


def test_the_nearest_names_come_first_and_nonsense_has_none() -> None:
    assert nearest("workout_complete", [*CATALOG.events])[0] == "workout_completed"
    assert nearest("zzzzzzzz", [*CATALOG.events]) == []


def test_an_unknown_name_is_refused_with_what_there_is() -> None:
    near = unknown_name(Code.UNKNOWN_TRAIT, "trait", "churn", [*CATALOG.traits])
    far = unknown_name(Code.UNKNOWN_TRAIT, "trait", "zzzzzzzz", [*CATALOG.traits])

    assert near.fix == "Did you mean churn_risk?"
    assert far.fix
    assert far.fix.startswith("Known: activation_state, churn_risk")
    assert far.span == "zzzzzzzz"


# A catalog of one's own.


def test_a_copy_of_the_catalog_loads_under_its_folder_name(folder: Path) -> None:
    assert load_catalog(folder) == CATALOG.model_copy(update={"name": "mine"})


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert str(tmp_path / "none") in refused(tmp_path / "none").message


@pytest.mark.parametrize("section", SECTIONS)
def test_a_missing_file_is_named(folder: Path, section: str) -> None:
    (folder / f"{section}.yaml").unlink()

    assert refused(folder).span == str(folder / f"{section}.yaml")


@pytest.mark.parametrize("section", ["events", "actions", "layout"])
@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "a: [1, 2", "\t- x: {"])
def test_a_file_that_lists_no_names_is_refused_with_its_path(
    folder: Path, section: str, text: str
) -> None:
    (folder / f"{section}.yaml").write_text(text)

    assert refused(folder).span == str(folder / f"{section}.yaml")


@pytest.mark.parametrize(
    ("section", "path", "value", "named"),
    [
        ("funnels", ("subscription", "steps"), ["app_opened", "bought"], "bought"),
        ("metrics", ("conversion", "funnel"), "nowhere", "nowhere"),
        ("entities", ("ticket", "table"), "fct_tickets", "fct_tickets"),
        ("actions", ("win_back", "channels"), ["fax"], "fax"),
        ("defaults", ("channels",), ["fax"], "fax"),
    ],
)
def test_a_name_that_points_nowhere_is_refused(
    folder: Path, section: str, path: tuple[str, ...], value: object, named: str
) -> None:
    _change(folder / f"{section}.yaml", path, value)

    assert f"'{named}'" in refused(folder).message


@pytest.mark.parametrize(
    ("section", "path", "value", "span"),
    [
        ("events", ("app_opened", "colour"), "red", "events.app_opened.colour"),
        ("channels", ("push",), None, "channels.push"),
        ("actions", ("win_back",), None, "actions.win_back"),
        ("actions", ("win_back", "message_class"), "spam", "actions.win_back.message_class"),
        ("tables", ("dim_users", "grain"), [1], "tables.dim_users.grain"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_path(
    folder: Path, section: str, path: tuple[str, ...], value: object, span: str
) -> None:
    _change(folder / f"{section}.yaml", path, value)

    assert refused(folder).span == span


def _change(file: Path, path: tuple[str, ...], value: object) -> None:
    content = yaml.safe_load(file.read_text())
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    file.write_text(yaml.safe_dump(content))
