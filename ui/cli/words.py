"""``model words``: what the catalog has to say of traits before anybody can name them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import Code, refuse
from ui import modelling, own_warehouse
from ui.cli.files import writing
from ui.cli.session import Output, Session, common
from warehouse.models.words import listed_after, spelled, words_of

if TYPE_CHECKING:
    from ui.workspace import Workspace

_FILE = "traits.yaml"


@click.command("words")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="Models of a folder.")
@click.option("--write", is_flag=True, help="Add the lines to the catalog's traits.yaml.")
@common
def words(session: Session, folder: Path | None, write: bool) -> Output:
    """Draft what the catalog says of the traits that it lacks, from their headers.

    Without --dir the live models. Edit the words that people use; a server takes them up when it
    starts again.
    """
    with session.workspace() as workspace:
        ground = own_warehouse.ground_of_models(workspace.settings)
        models = (
            modelling.read_folder(session.folder / folder, ground)
            if folder
            else modelling.live_models(workspace.store, workspace.settings)
        )
        missing = words_of(models, workspace.catalog)
        file = _file(workspace) if write else None
    if not missing:
        return Output("The catalog lists every trait.", missing)
    if file is None:
        return Output(spelled(missing), missing)
    with writing(file, fix="Name a catalog that may be written, or add the lines yourself."):
        text = listed_after(file.read_text(encoding="utf-8"), missing, str(file))
        file.write_text(text, encoding="utf-8")
    return Output(f"{', '.join(missing)}: added to {file}.", missing)


def _file(workspace: Workspace) -> Path:
    """The file of the workspace's own catalog; refuses where it has none."""
    folder = workspace.settings.catalog
    if folder is None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "This workspace uses the catalog that comes with Pilothouse.",
            fix="Set 'catalog' in pilothouse.toml to a folder of your own.",
        )
    return folder / _FILE
