"""``export``: the rulebook as files, and audiences for paid channels, as hashes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from core.reasons import BY_CODE
from deliver.exports.vendors import BY_NAME, VENDORS
from ui.cli.rulebook import export_rulebook
from ui.cli.session import Listing, Output, Session, common, said_by


@click.group(cls=Listing)
def export() -> None:
    """The rulebook as files, and audiences for paid channels, as hashes and only with consent."""


export.add_command(export_rulebook)


@export.command("audience")
@click.argument("key")
@click.option("--for", "vendor", type=click.Choice(VENDORS), required=True, help="Who reads it.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder to make; it must not be there yet.",
)
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    help="The folder of an earlier export: also writes what to add and to remove since.",
)
@said_by("pavel@demo", "Who exports, in the demo: an approver or an admin.")
@common
def audience_command(
    session: Session, key: str, vendor: str, out: Path, since: Path | None, email: str
) -> Output:
    """Write the audience of the live rule KEY for a paid channel."""
    from ui.exporting import export as write

    with session.workspace() as workspace:
        manifest = write(
            workspace,
            key,
            BY_NAME[vendor],
            session.folder / out,
            person=session.person(workspace, email),
            since=session.folder / since if since else None,
        )
    return Output("\n".join(_said(manifest, out)), manifest)


def _said(manifest: dict[str, Any], out: Path) -> list[str]:
    lines = [
        f"{manifest['exported_users']:,} of {manifest['audience_size']:,} users of "
        f"{manifest['audience']} v{manifest['version']} for {manifest['for']}, "
        f"as of {manifest['as_of']}"
    ]
    for reason, users in manifest["left_out"].items():
        lines.append(f"  left out {users:>8,}  {reason}  {_why(reason)}")
    for name, file in manifest["files"].items():
        lines.append(f"  {out / name}  {file['rows']:,} rows")
    return lines


def _why(reason: str) -> str:
    if reason == "UNREACHABLE":
        return "There is nothing by which they could be found."
    return BY_CODE[reason].sentence
