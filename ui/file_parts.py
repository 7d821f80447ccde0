"""The parts of the catalog and of the settings that people approve like rules, and nothing else.

Each is read from files as a document, and put back over them from one: what is in force is
the document approved last, whatever the files say by then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pydantic import JsonValue, SecretStr, TypeAdapter

from core.data_changes import (
    AnyFileChange,
    AudiencesChange,
    ChannelsChange,
    ContactPolicyChange,
    DestinationsChange,
    FunnelsChange,
    SyncsChange,
    TemplatesChange,
)
from core.settings import Settings, SyncSettings
from deliver.same_machine import same_place, with_port_of
from deliver.storable import secret_in
from ui.environment import secrets_of
from warehouse.catalog import Catalog
from warehouse.catalog_parts import CATALOG_PARTS, Document, says, with_part


class Files(NamedTuple):
    """What the files of a workspace say, or what is in force over them."""

    catalog: Catalog
    settings: Settings


class Part(NamedTuple):
    """One part: which change carries it, what it is called, and how it is read and put."""

    change: type[AnyFileChange]
    title: str
    file: str
    read: Callable[[Files], Document]
    over: Callable[[Files, Document], Files]
    """The files with a document in the place of the part; refuses one that does not fit them."""
    says: Callable[[Files, Document], bool]
    """Whether the files say what a document says."""
    of_catalog: bool = False
    """Parts of the catalog are put over it together."""

    @property
    def kind(self) -> str:
        """The kind of its change requests, which is their key."""
        kind: str = self.change.model_fields["kind"].default
        return kind

    def change_to(self, document: Document) -> AnyFileChange:
        """The change that puts this document into force."""
        return self.change(name=f"{self.title} of {self.file}", content=document)


def _of_catalog(change: type[AnyFileChange]) -> Part:
    kind: str = change.model_fields["kind"].default
    own = CATALOG_PARTS[kind]

    def over(files: Files, document: Document) -> Files:
        return files._replace(catalog=with_part(files.catalog, kind, document))

    return Part(
        change,
        own.title,
        own.file,
        lambda files: own.read(files.catalog),
        over,
        lambda files, document: says(files.catalog, kind, document),
        of_catalog=True,
    )


def _destinations(files: Files) -> Document:
    """Tables that may be stored; those with a secret in them are in no version."""
    tables = files.settings.destinations.items()
    return {name: dict(table) for name, table in tables if secret_in(name, table) is None}


def _over_destinations(files: Files, document: Document) -> Files:
    given = files.settings.destinations
    tables = {
        name: dict(with_port_of(table, given.get(name, table)))
        for name, table in TABLES.validate_python(document).items()
    }
    missing = secrets_of(document)
    secrets = {name: SecretStr(value) for name, value in missing.items()} | files.settings.secrets
    update = {"destinations": tables, "secrets": secrets}
    return files._replace(settings=files.settings.model_copy(update=update))


def _say_destinations(files: Files, document: Document) -> bool:
    given, said = (TABLES.validate_python(one) for one in (_destinations(files), document))
    return given.keys() == said.keys() and all(
        same_place(given[name], table) for name, table in said.items()
    )


def _syncs(files: Files) -> Document:
    return {name: one.model_dump(mode="json") for name, one in files.settings.syncs.items()}


def _over_syncs(files: Files, document: Document) -> Files:
    syncs = {name: SyncSettings.model_validate(one) for name, one in document.items()}
    return files._replace(settings=files.settings.model_copy(update={"syncs": syncs}))


TABLES: TypeAdapter[dict[str, dict[str, JsonValue]]] = TypeAdapter(dict[str, dict[str, JsonValue]])
SETTINGS = "pilothouse.toml"
PARTS: dict[str, Part] = {
    part.kind: part
    for part in (
        _of_catalog(ContactPolicyChange),
        _of_catalog(TemplatesChange),
        _of_catalog(FunnelsChange),
        _of_catalog(AudiencesChange),
        _of_catalog(ChannelsChange),
        Part(
            DestinationsChange,
            "Destinations",
            SETTINGS,
            _destinations,
            _over_destinations,
            _say_destinations,
        ),
        Part(
            SyncsChange,
            "Syncs",
            SETTINGS,
            _syncs,
            _over_syncs,
            lambda files, document: (
                _syncs(_over_syncs(files, document)).items() <= _syncs(files).items()
            ),
        ),
    )
}
"""Kind → part; one line each."""
