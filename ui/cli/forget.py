"""``forget``: remove one person from everywhere, and say what was removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ui.cli.session import Output, Session, common, said_by

if TYPE_CHECKING:
    from ui.forgetting import Receipt


@click.command()
@click.argument("identifier", required=False)
@click.option("--reason", help="Why, for the audit log; identifiers in it are taken out.")
@said_by("ada@demo", "Who removes them.")
@click.option("--list", "listing", is_flag=True, help="Show the receipts of earlier times instead.")
@common
def forget(
    session: Session, identifier: str | None, reason: str | None, email: str, listing: bool
) -> Output:
    """Remove whoever is behind IDENTIFIER, for good, with every id that is theirs.

    It is a user id, an anonymous id, an e-mail address or a device id. Nothing can bring
    the person back: what is sent, loaded or imported for them later is suppressed.
    """
    from ui.forgetting import forget as forget_in

    if listing:
        return _receipts(session)
    if not (identifier and identifier.strip() and reason and reason.strip()):
        raise click.UsageError("Give an identifier and --reason TEXT, or --list.")
    with session.workspace() as workspace:
        person = session.admin(workspace, email, "make anybody forgotten")
        receipt = forget_in(workspace, identifier.strip(), reason=reason, who=person.email)
    return Output(_said(receipt), receipt._asdict(), status=int(bool(receipt.found)))


def _receipts(session: Session) -> Output:
    from control.forgetting import receipts

    with session.workspace() as workspace:
        found = receipts(workspace.store)
    documents: list[dict[str, Any]] = []
    for one in found:
        document = one._asdict()
        del document["task"]
        documents.append(document)
    text = "\n".join(
        f"{one.requested_at:%Y-%m-%d %H:%M}  {one.state}  {one.subject[:16]}  "
        f"{one.requested_by}  {one.reason}"
        for one in found
    )
    return Output(text or "Nobody was forgotten yet.", documents)


def _said(receipt: Receipt) -> str:
    lines = [
        f"Forgotten: {receipt.identifiers} identifiers"
        + (f", {receipt.shared_devices} shared devices kept" if receipt.shared_devices else "")
        + f". Receipt {receipt.id}, tombstone {receipt.subject[:16]}.",
    ]
    for place, counts in receipt.removed.items():
        for name, count in counts.items():
            lines.append(f"  {place:<19} {name:<28} {count:>9,}")
    lines.append(
        f"  scanned {receipt.scanned_files:,} files, {receipt.scanned_bytes:,} bytes: "
        + (f"left in {', '.join(receipt.found)}" if receipt.found else "nothing is left")
    )
    return "\n".join(lines)
