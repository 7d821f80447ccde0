"""The Audit log page: who did what and when, one entry in full, and whether the log holds."""

from __future__ import annotations

from datetime import date

import streamlit as st

from control.audit import Asked
from control.audit_check import Checked
from control.audit_entries import AuditEntry
from core.errors import PilothouseError
from ui.console.cards.parts import bullets, heading, refusal_card
from ui.console.desk import desk
from ui.console.logbook import MOST_EXPORTED, PER_PAGE, Logbook
from ui.console.view.audit import FIELDS, asked_of, day, did, note, verdict
from ui.console.view.text import clock, number, plain

ANY = ""
CHECKED = "audit_checked"
"""What the last check of the session found."""
MOST_BREAKS = 20


def show() -> None:
    """Draw the page for whoever looks."""
    book = Logbook(desk(), st.session_state["person"])
    st.title("Audit log", anchor=False)
    st.markdown(
        "Who did what and when. Entries are only ever added, and each is chained to the one before."
        if book.reads_all
        else "What you did and when. Entries are only ever added. Analysts, approvers and admins "
        "see everybody's."
    )
    try:
        if seq := st.query_params.get("entry"):
            _entry(book, seq)
        else:
            _check(book)
            _list(book)
    except PilothouseError as error:
        refusal_card(error.refusal)


def _check(book: Logbook) -> None:
    with st.container(border=True):
        left, right = st.columns([3, 1], vertical_alignment="center")
        found: Checked | None = st.session_state.get(CHECKED)
        if right.button(
            "Check the log", key="verify", icon=":material/verified_user:", width="stretch"
        ):
            with st.spinner("Reading the whole log, entry by entry…"):
                found = st.session_state[CHECKED] = book.verify()
        if found is None:
            left.markdown(
                "Nobody can change an entry unseen. **Check the log** reads all of it and names "
                "every place where an entry was changed, removed, moved or slipped in."
            )
            return
        icon = ":red[:material/error:]" if found.breaks else ":green[:material/verified:]"
        left.markdown(f"{icon} {verdict(found)}")
        bullets(plain(one.why) for one in found.breaks[:MOST_BREAKS])
        if (more := len(found.breaks) - MOST_BREAKS) > 0:
            st.markdown(f"And {number(more)} more: `pilothouse audit verify` names every one.")


def _list(book: Logbook) -> None:
    with st.container(border=True):
        _filters(book)
    asked = asked_of(st.query_params.to_dict())
    key = f"audit_page_{hash(asked)}"
    current = int(st.session_state.get(key) or 1)
    found = book.page(asked, current)
    if not found.total:
        _nothing(asked)
        return
    many = "1 entry" if found.total == 1 else f"{number(found.total)} entries"
    pages = -(-found.total // PER_PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{many}**, newest first")
        if pages > 1:
            st.pagination(pages, key=key)
    _rows(book, found.entries)
    _exports(book, asked, found.total)


def _filters(book: Logbook) -> None:
    query, choices = st.query_params, book.choices()
    names = book.office.names()
    for name in FIELDS:
        if f"audit_{name}" not in st.session_state:
            st.session_state[f"audit_{name}"] = _begin(name, query.get(name))
    columns = st.columns([1.2, 1.2, 1.4, 1, 1])
    # Somebody who is in the address and did nothing is offered too: the list then says so.
    who = [ANY, *dict.fromkeys([*choices.who, *filter(None, [query.get("who")])])]
    what = [ANY, *dict.fromkeys([*choices.what, *filter(None, [query.get("what")])])]
    columns[0].selectbox(
        "Who",
        who,
        key="audit_who",
        format_func=lambda one: names.get(one, one) or "Anybody",
        on_change=_narrow,
    )
    columns[1].selectbox(
        "What",
        what,
        key="audit_what",
        format_func=lambda one: did(one) if one else "Anything",
        on_change=_narrow,
    )
    columns[2].text_input(
        "About", key="audit_about", placeholder="CR-1, win_back…", max_chars=200, on_change=_narrow
    )
    columns[3].date_input("From", value=None, key="audit_from", on_change=_narrow)
    columns[4].date_input("Until", value=None, key="audit_until", on_change=_narrow)


def _begin(name: str, value: str | None) -> str | date | None:
    if name in ("from", "until"):
        found = day(value)
        return found.date() if found else None
    return value or ANY


def _narrow() -> None:
    """Put what was chosen into the address. A callback: the list is drawn after it."""
    chosen = {name: st.session_state.get(f"audit_{name}") for name in FIELDS}
    st.query_params.from_dict({name: str(value) for name, value in chosen.items() if value})


def _nothing(asked: Asked) -> None:
    with st.container(border=True):
        if asked == Asked():
            st.markdown("**Nothing is in the log yet.**")
            st.caption("Ask for a rule, or approve one: each deed becomes an entry.")
            return
        st.markdown("**No entry fits.**")
        st.button(
            "Show everything", key="audit_all", icon=":material/filter_alt_off:", on_click=_clear
        )


def _clear() -> None:
    for name in FIELDS:
        st.session_state.pop(f"audit_{name}", None)
    st.query_params.clear()


def _rows(book: Logbook, entries: tuple[AuditEntry, ...]) -> None:
    names = book.office.names()
    with st.container(border=True, key="audit_rows"):
        st.table(
            {
                "Entry": [f"**{one.seq}** :gray[{clock(one.at)}]" for one in entries],
                "Who": [plain(names.get(one.who, one.who)) for one in entries],
                "Did": [_deed(book, one) for one in entries],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{len(entries)} entries, newest first",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            newest = entries[0].seq
            st.number_input("Entry in full", 1, step=1, value=newest, key="audit_entry", width=160)
            st.button("Open", key="audit_open", icon=":material/open_in_full:", on_click=_open)


def _deed(book: Logbook, one: AuditEntry) -> str:
    said = note(book.said(one.note))
    more = f" :gray[{plain(said)}]" if said else ""
    return f"{plain(did(one.what))} **{plain(book.said(one.subject))}**{more}"


def _open() -> None:
    st.query_params["entry"] = str(int(st.session_state["audit_entry"]))


def _back() -> None:
    st.query_params.pop("entry", None)


def _entry(book: Logbook, seq: str) -> None:
    st.button("All entries", key="back", icon=":material/arrow_back:", on_click=_back)
    found = book.entry(int(seq)) if seq.isdecimal() and len(seq) < 16 else None
    if found is None:
        st.warning(f"There is no entry {plain(seq)} here.", icon=":material/search_off:")
        return
    stored, read = found
    names = book.office.names()
    rows = {
        "When": f"{clock(read.at)} UTC, {read.at.year}",
        "Who": f"{names[read.who]} ({read.who})" if read.who in names else read.who,
        "Did": did(read.what),
        "To what": book.said(read.subject),
        "Note": book.said(read.note) or "–",
        "Content before": read.before_hash or "–",
        "Content after": read.after_hash or "–",
        "Hash of the entry before": read.prev_hash,
        "Hash of this entry": read.hash,
        "Its texts": "kept apart, the entry seals a digest of them"
        if (stored.note, stored.subject) != (read.note, read.subject)
        else "in the entry itself",
    }
    with st.container(border=True, key="audit_entry_card"):
        heading(f"Entry {stored.seq}")
        st.table(
            {"What": [*rows], "Is": [plain(value) for value in rows.values()]},
            border="horizontal",
            hide_index=True,
            alt=f"Entry {stored.seq} in full",
        )


def _exports(book: Logbook, asked: Asked, count: int) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Table (CSV)",
            data=lambda: book.as_csv(asked),
            file_name="audit-log.csv",
            mime="text/csv",
            icon=":material/download:",
            key="audit_csv",
        )
        st.download_button(
            "Entries as stored (NDJSON)",
            data=lambda: book.as_lines(asked),
            file_name="audit-log.ndjson",
            mime="application/x-ndjson",
            icon=":material/download:",
            key="audit_ndjson",
        )
    st.caption("What is listed above, all pages. The stored entries can be checked by anybody.")
    if count > MOST_EXPORTED:
        st.markdown(
            f"A download has {number(MOST_EXPORTED)} entries at most; `pilothouse audit export "
            "FILE` writes all of them."
        )
