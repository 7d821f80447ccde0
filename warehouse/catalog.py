"""The catalog: the one list of names that prompts, rules and SQL may use.

A catalog is a folder of YAML files, one a section, checked on load: an unknown
key or a name that points nowhere is an error with its file and path. Traits
take type, values and meaning from the headers of their SQL models; the YAML
adds the words people use for them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator
from rapidfuzz import process

from core.advertising import Advertising
from core.conditions import Condition, Frozen
from core.errors import Code, Refusal, refuse
from core.experiments import (
    Counted,
    DeclaredExperiment,
    ReadoutMetric,
    meeting_in_a_namespace,
)
from core.regulations import Medium
from core.rules import KEY_PATTERN, Action, ContactPolicy, StopCondition
from core.templates import Template
from warehouse.layout import Layout
from warehouse.outcome_metrics import OutcomeMetric

BUILT_IN = Path(__file__).parent / "catalogs"

DataType = Literal["string", "integer", "number", "boolean", "timestamp", "date", "json"]
DataClass = Literal["public", "personal", "sensitive", "protected"]


class Described(Frozen):
    """What everything in the catalog has."""

    description: str
    phrases: tuple[str, ...] = ()
    """Words people use for it, singular and in the present tense where that applies."""


class Column(Described):
    """A column of a table, a property of an event, or a field of an entity."""

    type: DataType
    data_class: DataClass = "public"
    values: dict[str, tuple[str, ...]] | None = None
    """A closed set: each value with the words people use for it."""
    proxy_for: str | None = None
    """What it is likely to stand for, such as ethnicity: rules that decide by it are told so."""
    expression: str | None = None
    """Entities only: SQL over the entity's table; ``as_of`` stands for the moment of decision."""


class Table(Described):
    """A table of the warehouse that people and rules may read."""

    grain: str
    owner: str
    freshness_slo_seconds: int | None = None
    time_column: str | None = None
    columns: dict[str, Column]


class Event(Described):
    """Something that happened, as a row of the events table."""

    owner: str = "product"
    aliases: tuple[str, ...] = ()
    """Other names the same event was sent under."""
    properties: dict[str, Column] = Field(default_factory=dict)


class Trait(Described):
    """A modelled value per user; type and values come from its SQL model."""

    type: DataType
    values: dict[str, tuple[str, ...]] | None = None
    owner: str
    freshness_slo_seconds: int | None = None
    proxy_for: str | None = None
    """What it is likely to stand for, such as ethnicity."""


class Entity(Described):
    """Rows that belong to a user: tickets, subscriptions, messages."""

    table: str
    user: str = "user_id"
    """The table's column that says whose row it is."""
    cardinality: Literal["one", "many"]
    visible: str
    """SQL over the table: which rows existed at ``as_of``."""
    latest_by: tuple[str, ...] = ()
    """To-one entities: the row that is largest by these columns, in order, is the user's."""
    columns: dict[str, Column]


class Audience(Described):
    """A named condition."""

    condition: Condition


class Failure(Frozen):
    """How a step says that it did not work."""

    event: str
    message: str
    """The property that says why."""


class Funnel(Described):
    """Ordered events, each within the window of the entry."""

    steps: tuple[str, ...] = Field(min_length=2)
    window_seconds: int = Field(gt=0)
    failures: dict[str, Failure] = Field(default_factory=dict)
    """Step → the event that says it failed."""


class Metric(Described):
    """A number people ask about."""

    kind: Literal["funnel"]
    funnel: str


class Channel(Described):
    """A way to reach a user."""

    consent_purpose: str | None = "marketing"
    address: str | None = None
    """The user column without which the channel cannot reach anybody."""
    medium: Medium | None = None
    """What laws call it; None: its own name, where that is one of theirs."""
    adds: tuple[Literal["sender", "unsubscribe"], ...] = ()
    """What whoever sends it adds to every message: who sends it, how to get no more of them."""
    cost_per_message: float | None = Field(default=None, ge=0)
    """What one message costs, in the team's currency; None: nobody declared it."""


class Defaults(Frozen):
    """What a rule gets when its prompt names none."""

    holdout_share: float = 0.1
    expires_after_seconds: int = 7 * 86_400
    message_class: Literal["marketing", "transactional", "service"] = "marketing"
    channels: tuple[str, ...]
    contact_policy: ContactPolicy


class Catalog(Frozen):
    """Everything that may be named. Keys are the names."""

    name: str
    layout: Layout
    tables: dict[str, Table]
    events: dict[str, Event]
    traits: dict[str, Trait]
    entities: dict[str, Entity]
    audiences: dict[str, Audience]
    funnels: dict[str, Funnel]
    metrics: dict[str, Metric]
    channels: dict[str, Channel]
    actions: dict[str, Action]
    action_phrases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    action_eligibility: dict[str, Condition] = Field(default_factory=dict)
    """Who an action is for when a prompt does not say."""
    action_assumptions: dict[str, str] = Field(default_factory=dict)
    """That default as a sentence for the answer."""
    action_stop: dict[str, tuple[StopCondition, ...]] = Field(default_factory=dict)
    """What ends its pursuit, where its default eligibility is used."""
    templates: dict[Annotated[str, Field(pattern=KEY_PATTERN)], Template] = Field(
        default_factory=dict
    )
    advertising: Advertising | None = None
    """None: no audience is exported to paid channels."""
    readout_metrics: dict[Annotated[str, Field(pattern=KEY_PATTERN)], ReadoutMetric] = Field(
        default_factory=dict
    )
    """What arms of experiments and holdouts are compared on."""
    experiments: dict[Annotated[str, Field(pattern=KEY_PATTERN)], DeclaredExperiment] = Field(
        default_factory=dict
    )
    outcomes: dict[str, OutcomeMetric] = Field(default_factory=dict)
    """The figures a team reads its outcomes by. What one names and the catalog lacks is told where
    the figure would stand: a metric may go with its funnel."""
    defaults: Defaults

    @model_validator(mode="after")
    def _names_point_somewhere(self) -> Self:
        for name, funnel in self.funnels.items():
            _all_known(f"funnels.{name}.steps", funnel.steps, self.events)
            failing = tuple(failure.event for failure in funnel.failures.values())
            _all_known(f"funnels.{name}.failures", failing, self.events)
        for role, table in (
            ("users", self.layout.users.table),
            ("events", self.layout.events.table),
        ):
            _all_known(f"layout.{role}.table", (table,), self.tables)
        _all_known("layout.users.dimensions", self.layout.users.dimensions, self.user_columns())
        for name, metric in self.metrics.items():
            _all_known(f"metrics.{name}.funnel", (metric.funnel,), self.funnels)
        for name, entity in self.entities.items():
            _all_known(f"entities.{name}.table", (entity.table,), self.tables)
        for name, action in self.actions.items():
            _all_known(f"actions.{name}.channels", action.channels, self.channels)
        for name, template in self.templates.items():
            _all_known(f"templates.{name}.channels", template.channels, self.channels)
        if self.advertising:
            named = tuple(self.advertising.columns.values())
            _all_known("advertising.columns", named, self.user_columns())
        for section in ("phrases", "eligibility", "assumptions", "stop"):
            named = tuple(getattr(self, f"action_{section}"))
            _all_known(f"action_{section}", named, self.actions)
        _all_known("defaults.channels", self.defaults.channels, self.channels)
        return self

    @model_validator(mode="after")
    def _people_are_described(self) -> Self:
        users = self.layout.users
        for part, column in (("country", users.country), ("age", users.age)):
            if column is not None:
                _all_known(f"layout.users.{part}", (column,), self.user_columns())
        return self

    @model_validator(mode="after")
    def _experiments_can_be_read_out(self) -> Self:
        for name, metric in self.readout_metrics.items():
            for number in (metric.of, metric.per):
                if number is not None:
                    self._countable(f"readout_metrics.{name}", number)
        for name, one in self.experiments.items():
            _all_known(f"experiments.{name}.metrics", one.metrics, self.readout_metrics)
            if one.exposure is not None:
                shown = Counted(event=one.exposure.event, property=one.exposure.arm)
                self._countable(f"experiments.{name}.exposure", shown, numeric=False)
        for first, second in meeting_in_a_namespace(self.experiments):
            raise ValueError(
                f"experiments.{first} and experiments.{second} share users of a namespace"
            )
        return self

    def _countable(self, path: str, number: Counted, *, numeric: bool = True) -> None:
        known = self.event_named(number.event)
        _all_known(path, (known or number.event,), self.events)
        if number.property is not None:
            properties = self.events[known or number.event].properties
            _all_known(path, (number.property,), properties)
            if numeric and properties[number.property].type not in ("number", "integer"):
                raise ValueError(f"{path} adds up '{number.property}', which is no number")

    def user_columns(self) -> dict[str, Column]:
        """The columns of a user that a condition may read."""
        return self.tables[self.layout.users.table].columns

    def event_named(self, name: str) -> str | None:
        """The canonical name of an event, or of one of its declared aliases."""
        if name in self.events:
            return name
        return next((key for key, event in self.events.items() if name in event.aliases), None)


def public_properties(catalog: Catalog) -> frozenset[str]:
    """The names of event properties that are public wherever they occur."""
    classes: dict[str, set[DataClass]] = {}
    for event in catalog.events.values():
        for name, column in event.properties.items():
            classes.setdefault(name, set()).add(column.data_class)
    return frozenset(name for name, found in classes.items() if found == {"public"})


def _all_known(path: str, names: tuple[str, ...], known: dict[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{path} names '{name}', which the catalog does not list")


def nearest(name: str, known: list[str] | tuple[str, ...], limit: int = 3) -> list[str]:
    """The known names most like this one, best first; empty when none is at all alike."""
    found = process.extract(name, known, limit=limit, score_cutoff=55)
    return [match for match, _, _ in found]


def unknown_name(code: Code, what: str, name: str, known: list[str]) -> Refusal:
    """The refusal for a name that the catalog lacks, with the nearest ones."""
    near = nearest(name, known)
    fix = (
        f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(sorted(known)[:12])}."
    )
    return Refusal(code=code, message=f"The catalog has no {what} '{name}'.", span=name, fix=fix)


SECTIONS = (
    "layout",
    "tables",
    "events",
    "traits",
    "entities",
    "audiences",
    "funnels",
    "metrics",
    "channels",
    "actions",
    "defaults",
)
OPTIONAL_SECTIONS = ("templates", "advertising", "outcomes", "readout_metrics", "experiments")
"""Those whose file may be missing."""
_CATALOG: TypeAdapter[Catalog] = TypeAdapter(Catalog)


def load_catalog(folder: Path | None = None) -> Catalog:
    """Read and check a catalog folder (the built-in workout app when None).

    Raises a refusal that names the file and the path of what is wrong.
    """
    folder = folder or BUILT_IN / "workout_app"
    if not folder.is_dir():
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The catalog folder {folder} does not exist.",
            fix="Set 'catalog' in pilothouse.toml to a folder of YAML files, or remove it.",
        )
    document: dict[str, Any] = {"name": folder.name}
    for section in SECTIONS:
        document |= _read_section(folder / f"{section}.yaml", section)
    for section in OPTIONAL_SECTIONS:
        if (folder / f"{section}.yaml").exists():
            document |= _read_section(folder / f"{section}.yaml", section)
    try:
        return with_traits_table(_CATALOG.validate_python(document))
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The catalog {folder.name} is not valid: {first['msg']}.",
            span=path,
            fix=f"Correct it in {folder}.",
        ) from error


def with_traits_table(catalog: Catalog) -> Catalog:
    """Where traits are listed and their table is not, that is described by them."""
    layout = catalog.layout.traits
    if layout.table in catalog.tables or not catalog.traits:
        return catalog
    columns = {layout.user: Column(type="string", description="The user.")}
    for name, trait in catalog.traits.items():
        columns[name] = Column(type=trait.type, description=trait.description)
    table = Table(
        description="One row per user with every trait.",
        grain=layout.user,
        owner="data",
        columns=columns,
    )
    return catalog.model_copy(update={"tables": catalog.tables | {layout.table: table}})


def _read_section(file: Path, section: str) -> dict[str, Any]:
    try:
        # The safe loader in C: every command reads the catalog, and this takes a tenth of the time.
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The catalog lacks its file {file.name}.",
            span=str(file),
            fix="Add the file; an empty section is written as {}.",
        ) from None
    except yaml.YAMLError as error:
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The catalog file {file.name} is not valid YAML: {error}.",
            span=str(file),
            fix="Correct the line it names.",
        ) from error
    if not isinstance(content, dict):
        raise refuse(
            Code.SETTINGS_INVALID,
            f"The catalog file {file.name} does not list names.",
            span=str(file),
            fix="Write a mapping; an empty section is written as {}.",
        )
    if section == "actions":
        return _with_action_keys(content)
    return {section: content}


def _with_action_keys(content: dict[str, Any]) -> dict[str, Any]:
    """The YAML keys an action by its name and lists what belongs to it beside it."""
    sections: dict[str, Any] = {}
    for field in ("phrases", "eligibility", "assumption", "stop"):
        found = {
            key: body.pop(field)
            for key, body in content.items()
            if isinstance(body, dict) and field in body
        }
        sections["action_assumptions" if field == "assumption" else f"action_{field}"] = found
    actions = {
        key: {"key": key, **body} if isinstance(body, dict) else body
        for key, body in content.items()
    }
    return {"actions": actions, **sections}
