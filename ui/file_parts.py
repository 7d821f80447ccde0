"""The parts of the catalog and of the settings that people approve like rules, and nothing else.

Each is read from files as a document, and put back over them from one: what is in force is
the document approved last, whatever the files say by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic import JsonValue, ValidationError

from core.data_changes import AnyFileChange, ContactPolicyChange
from core.errors import Code, PilothouseError, refuse
from core.rules import ContactPolicy
from core.settings import Settings
from warehouse.catalog import Catalog

Document = dict[str, JsonValue]


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
    put: Callable[[Files, Document], Mapping[str, Any]]
    """The fields of the catalog, or of the settings, with the document in them."""
    of_catalog: bool = True

    @property
    def kind(self) -> str:
        """The kind of its change requests, which is their key."""
        kind: str = self.change.model_fields["kind"].default
        return kind

    def change_to(self, document: Document) -> AnyFileChange:
        """The change that puts this document into force."""
        return self.change(name=f"{self.title} of {self.file}", content=document)


def over(part: Part, files: Files, document: Document) -> Files:
    """The files with this document in the place of a part; refuses one that does not fit them."""
    try:
        put = part.put(files, document)
        if part.of_catalog:
            return files._replace(catalog=Catalog.model_validate({**dict(files.catalog), **put}))
        return files._replace(settings=files.settings.model_copy(update=put))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise refuse(
            Code.INVALID_FILE,
            f"The {part.title.lower()} does not fit the rest of the catalog: {first['msg']}.",
            span=where or part.kind,
            fix=f"Correct {part.file}, or put back what it names.",
        ) from error


def same(part: Part, files: Files, document: Document) -> bool:
    """Whether the files say what a document says."""
    try:
        return part.read(over(part, files, document)) == part.read(files)
    except PilothouseError:
        return False


def _contact(files: Files) -> Document:
    return files.catalog.defaults.contact_policy.model_dump(mode="json")


def _put_contact(files: Files, document: Document) -> Mapping[str, Any]:
    policy = ContactPolicy.model_validate(document)
    return {"defaults": files.catalog.defaults.model_copy(update={"contact_policy": policy})}


PARTS: dict[str, Part] = {
    part.kind: part
    for part in (
        Part(
            ContactPolicyChange,
            "Contact policy",
            "defaults.yaml",
            _contact,
            _put_contact,
        ),
    )
}
"""Kind → part; one line each."""
