"""A workspace with a catalog of its own that somebody edits, and people who propose and approve."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from core.lifecycle import State
from tests.tools.demo import demo_file, settings_for
from ui import file_changes, route_effects
from ui.environment import load_settings
from ui.workspace import Workspace, open_workspace
from warehouse.catalog import BUILT_IN

NUDGE = "Create an eligibility rule that emails users who completed 3 workouts an upgrade nudge."
AFTERNOON = datetime(2026, 6, 28, 15)


class Team:
    """Who works in the workspace."""

    def __init__(self, folder: Path) -> None:
        self.catalog = folder / "catalog"
        shutil.copytree(BUILT_IN / "workout_app", self.catalog)
        warehouse = shutil.copy(demo_file(), folder / "w.duckdb")
        settings = settings_for(folder / "workspace", warehouse)
        self.settings = settings.model_copy(update={"catalog": self.catalog})
        self.workspace = open_workspace(self.settings)

    def settings_file(self, **tables: Any) -> None:
        """Write pilothouse.toml with these tables of destinations or syncs."""
        lines = [
            f'warehouse = "{self.settings.warehouse_url}"',
            f'catalog = "{self.catalog}"',
            *(
                f"[{kind}.{name}]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in one.items())
                for kind, named in tables.items()
                for name, one in named.items()
            ),
        ]
        folder = self.settings.workspace
        (folder / "pilothouse.toml").write_text("\n".join(lines) + "\n")
        self.settings = load_settings({"workspace": str(folder)})

    def route(self, channel: str, name: str) -> State:
        """A channel goes to a destination: proposed and approved."""
        change = route_effects.route(self.workspace, channel, name)
        ana = self.workspace.person("ana@demo")
        return self.approve(
            route_effects.propose_route(self.workspace, change, author=ana, reason="moving").id
        )

    def restart(self) -> Workspace:
        """The server ends and starts again."""
        self.workspace.close()
        self.workspace = open_workspace(self.settings)
        return self.workspace

    def read(self, section: str) -> Any:
        """What a file of the catalog says."""
        return yaml.safe_load((self.catalog / f"{section}.yaml").read_text())

    def edit(self, section: str, **fields: Any) -> None:
        """Write other fields into a file of the catalog."""
        (self.catalog / f"{section}.yaml").write_text(yaml.safe_dump(self.read(section) | fields))

    def contact(self, **fields: Any) -> None:
        """Write another contact policy into defaults.yaml."""
        self.edit("defaults", contact_policy=self.read("defaults")["contact_policy"] | fields)

    def go_live(self, prompt: str = NUDGE) -> None:
        """A rule that sends is proposed and approved."""
        asked = self.workspace.ask(prompt, self.workspace.person("mara@demo"))
        assert asked.change_request, asked
        assert self.approve(asked.change_request.id) is State.LIVE

    def propose(self, kind: str, email: str = "ana@demo") -> str:
        """A change request for what the file says."""
        author = self.workspace.person(email)
        return file_changes.propose(self.workspace, kind, author=author, reason="asked for").id

    def approve(self, request: str) -> State:
        """Approved by as many people as its risk asks for, of whom none proposed it."""
        state = State.IN_REVIEW
        for email in ("pavel@demo", "ada@demo"):
            if state is State.IN_REVIEW:
                state = self.workspace.decide(
                    request, self.workspace.person(email), "approve"
                ).state
        return state

    def decide(self) -> int:
        """Decide for everybody on an afternoon; gives how many messages wait."""
        return self.workspace.run_cycle(as_of=AFTERNOON).selected

    def send(self) -> list[str]:
        """Send what waits; gives what the letters of this machine say."""
        self.workspace.deliver(now=AFTERNOON)
        return [file.read_text() for file in self.workspace.mailbox_folder.rglob("*.eml")]

    @property
    def policy(self) -> Any:
        """The contact policy in force."""
        return self.workspace.catalog.defaults.contact_policy
