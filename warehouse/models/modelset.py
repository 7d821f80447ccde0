"""A whole set of models: read from files, ordered by what they read, fingerprinted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from sqlglot import exp

from core.errors import Code, refuse
from warehouse.models.headers import at, invalid
from warehouse.models.model import Model, read_model
from warehouse.models.sources import CANONICAL, Sources

SHIPPED = Path(__file__).parent
"""The models that come with Pilothouse, in ``traits`` and ``staging``."""

# The order of the columns: as people list them, then what was added, by name.
_ORDER = (
    "activation_state",
    "momentum_score",
    "upgrade_intent",
    "support_risk",
    "preferred_workout_type",
    "lifecycle_stage",
    "churn_risk",
    "ltv",
)


@dataclass(frozen=True)
class ModelSet:
    """Models that are live, or would be, together. Equal files give equal fingerprints."""

    models: tuple[Model, ...]
    """Each after those that it reads."""
    sources: Sources = CANONICAL
    """What they stand on."""

    @cached_property
    def by_name(self) -> dict[str, Model]:
        """The models by name."""
        return {model.name: model for model in self.models}

    @cached_property
    def traits(self) -> tuple[Model, ...]:
        """The traits in the order of their columns."""
        place = {name: number for number, name in enumerate(_ORDER)}
        found = [model for model in self.models if model.kind == "trait"]
        return tuple(sorted(found, key=lambda m: (place.get(m.name, len(place)), m.name)))

    @cached_property
    def files(self) -> dict[str, str]:
        """Name → the whole file: what a version of the control store keeps."""
        return {model.name: model.text for model in self.models}

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Model → a hash of its SQL in one spelling, its header and the models that it reads."""
        found: dict[str, str] = {}
        for model in self.models:
            header = model.model_dump(mode="json", exclude={"text", "file"})
            found[model.name] = _hash(model.sql, header, [found[p] for p in self.parents(model)])
        return found

    @cached_property
    def logic(self) -> dict[str, str]:
        """Like the fingerprint without what is only said about a model: what its rows depend on."""
        found: dict[str, str] = {}
        for model in self.models:
            header = [model.grain, model.incremental]
            found[model.name] = _hash(model.sql, header, [found[p] for p in self.parents(model)])
        return found

    @cached_property
    def fingerprint(self) -> str:
        """One hash for the whole set."""
        return _hash(sorted(self.fingerprints.items()))

    def parents(self, model: Model) -> list[str]:
        """The models that a model reads, by name."""
        return sorted(model.reads & {one.name for one in self.models})

    def downstream(self, names: Iterable[str]) -> tuple[Model, ...]:
        """These models and all that read them, parents first."""
        found = {*names}
        for model in self.models:
            if found.intersection(self.parents(model)):
                found.add(model.name)
        return tuple(model for model in self.models if model.name in found)


def load_models(folder: Path = SHIPPED, sources: Sources = CANONICAL) -> ModelSet:
    """Every ``.sql`` model of a folder and the folders in it; refuses with MODEL_INVALID."""
    files = sorted(path for path in folder.rglob("*.sql") if path.parent.name != "sql")
    if not files:
        raise refuse(
            Code.MODEL_INVALID,
            f"There is no model in {folder}.",
            span=str(folder),
            fix="Name a folder of .sql files with a header each.",
        )
    texts: dict[str, str] = {}
    for path in files:
        if path.stem in texts:
            raise invalid(
                f"Two files define {path.stem}.", at(path.name, 1), "Rename or remove one of them."
            )
        texts[path.stem] = _text(path)
    return models_of(texts, sources)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(
            Code.INVALID_FILE,
            f"{path.name} cannot be read: {error}.",
            span=str(path),
            fix="Save it as UTF-8 text.",
        ) from error


def models_of(files: Mapping[str, str], sources: Sources = CANONICAL) -> ModelSet:
    """A set from the texts of its files, name → file; refuses with MODEL_INVALID."""
    models = {name: read_model(text, f"{name}.sql") for name, text in sorted(files.items())}
    for model in models.values():
        _check_reads(model, models, sources)
    return ModelSet(_ordered(models), sources)


def _check_reads(model: Model, models: Mapping[str, Model], sources: Sources) -> None:
    strange = model.reads - sources.tables - models.keys()
    if model.name in sources.tables:
        raise invalid(
            f"{model.name} is the name of a table.", at(model.file, 1), "Give the model another."
        )
    for table in model.tree.find_all(exp.Table):
        if table.name in strange:
            raise invalid(
                f"{model.name} reads {table.name}, which no model may read.",
                at(model.file, model.line_of(table)),
                f"Models read {', '.join(sorted(sources.tables))} and each other.",
            )


def _ordered(models: Mapping[str, Model]) -> tuple[Model, ...]:
    graph = {name: sorted(model.reads & models.keys()) for name, model in models.items()}
    try:
        return tuple(models[name] for name in TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = error.args[1]
        raise invalid(
            f"Models read each other in a circle: {' → '.join(circle)}.",
            at(models[circle[0]].file, 1),
            "Take one of these references out.",
        ) from error


def _hash(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
