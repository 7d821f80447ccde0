"""Settings from flags, environment, file and defaults: read once, here, and passed down."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from core.errors import Code, PilothouseError, refuse
from core.notifications import NotificationSettings
from core.settings import (
    DriftSettings,
    GovernanceSettings,
    InvestigationSettings,
    Limits,
    ModelSettings,
    PipelineSettings,
    PolicySettings,
    Settings,
    SloSettings,
)

FILE = "pilothouse.toml"
DEFAULT_WORKSPACE = Path("workspace")

FROM_FILE = {
    "warehouse": "warehouse_url",
    "source": "source_url",
    "control": "control_url",
    "catalog": "catalog",
    "tracking_plan": "tracking_plan",
    "models": "models",
    "planner": "planner",
    "model": "model",
    "limits": "limits",
    "pipeline": "pipeline",
    "destinations": "destinations",
    "slo": "slo",
    "drift": "drift",
    "investigations": "investigations",
    "notifications": "notifications",
    "syncs": "syncs",
    "memory_limit_mb": "memory_limit_mb",
    "threads": "threads",
    "host": "host",
    "port": "port",
    "identity": "identity",
    "reach_limit_share": "reach_limit_share",
    "smallest_group": "smallest_group",
    "policies": "policies",
    "approval_policies": "approval_policies",
    "governance": "governance",
}
FROM_ENVIRONMENT = {
    "PILOTHOUSE_WAREHOUSE": "warehouse_url",
    "PILOTHOUSE_SOURCE": "source_url",
    "PILOTHOUSE_CONTROL": "control_url",
    "PILOTHOUSE_CATALOG": "catalog",
    "PILOTHOUSE_TRACKING_PLAN": "tracking_plan",
    "PILOTHOUSE_MODELS": "models",
    "PILOTHOUSE_PLANNER": "planner",
    "PILOTHOUSE_HOST": "host",
    "PILOTHOUSE_PORT": "port",
    "PILOTHOUSE_IDENTITY": "identity",
    "PILOTHOUSE_THREADS": "threads",
    "PILOTHOUSE_MEMORY_LIMIT_MB": "memory_limit_mb",
    "PILOTHOUSE_REACH_LIMIT_SHARE": "reach_limit_share",
    "PILOTHOUSE_SMALLEST_GROUP": "smallest_group",
}
NESTED: dict[str, type[BaseModel]] = {
    "model": ModelSettings,
    "limits": Limits,
    "pipeline": PipelineSettings,
    "slo": SloSettings,
    "drift": DriftSettings,
    "investigations": InvestigationSettings,
    "notifications": NotificationSettings,
    "policies": PolicySettings,
    "governance": GovernanceSettings,
}
SECRET = "env:"
"""How a destination names the environment variable that holds a secret of its own."""
MODEL_FROM_ENVIRONMENT = {
    "OPENAI_API_KEY": "api_key",
    "OPENAI_BASE_URL": "base_url",
    "PILOTHOUSE_MODEL": "name",
}


def load_settings(flags: dict[str, Any] | None = None) -> Settings:
    """Settings by precedence: flags, environment, ``pilothouse.toml``, defaults.

    ``flags`` holds only what was typed. Refuses with SETTINGS_INVALID, naming the key.
    """
    typed = {key: value for key, value in (flags or {}).items() if value is not None}
    workspace = Path(
        typed.pop("workspace", None) or os.environ.get("PILOTHOUSE_WORKSPACE") or DEFAULT_WORKSPACE
    ).resolve()
    given: dict[str, Any] = {
        "workspace": workspace,
        "warehouse_url": f"duckdb:///{workspace / 'warehouse.duckdb'}",
        "control_url": f"sqlite:///{workspace / 'control.db'}",
    }
    given |= _from_file(workspace / FILE)
    given |= _from_environment()
    if isinstance(given.setdefault("model", {}), dict):
        given["model"] = given["model"] | _model_from_environment()
    given |= typed
    given["secrets"] = secrets_of([given.get("destinations"), given.get("notifications")])
    return _validated(given, workspace / FILE)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise refuse(
            Code.SETTINGS_INVALID,
            f"{file} cannot be read: {error.strerror}.",
            span=str(file),
            fix="Choose another folder with --workspace, or mend this one.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse(
            Code.SETTINGS_INVALID,
            f"{file.name} cannot be read: {error}.",
            span=str(file),
            fix="Correct the line it names, or remove the file to use the defaults.",
        ) from error
    for key in content:
        if key not in FROM_FILE:
            raise _unknown_key(key, file.name, [*FROM_FILE])
    return {FROM_FILE[key]: value for key, value in content.items()}


def _unknown_key(key: str, where: str, known: list[str]) -> PilothouseError:
    from warehouse.catalog import nearest

    near = nearest(key.rpartition(".")[2], known)
    return refuse(
        Code.SETTINGS_INVALID,
        f"{where} has the unknown key '{key}'.",
        span=key,
        fix=f"Did you mean {' or '.join(near)}?" if near else f"Known keys: {', '.join(known)}.",
    )


def _from_environment() -> dict[str, Any]:
    return {key: os.environ[name] for name, key in FROM_ENVIRONMENT.items() if os.environ.get(name)}


def _model_from_environment() -> dict[str, Any]:
    return {
        key: os.environ[name]
        for name, key in MODEL_FROM_ENVIRONMENT.items()
        if os.environ.get(name)
    }


def secrets_of(tables: Any) -> dict[str, str]:
    """The variables that tables name and that are set; who needs one that is not asks for it."""
    named = {text.removeprefix(SECRET) for text in _texts(tables) if text.startswith(SECRET)}
    return {name: os.environ[name] for name in sorted(named) if os.environ.get(name)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _validated(given: dict[str, Any], file: Path) -> Settings:
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise _invalid(error, file) from error


def _invalid(error: ValidationError, file: Path) -> PilothouseError:
    """The first thing that is wrong, by the name under which a person set it."""
    first = error.errors()[0]
    field = str(first["loc"][0])
    written = {name: key for key, name in FROM_FILE.items()}.get(field, field)
    path = ".".join((written, *(str(part) for part in first["loc"][1:])))
    if first["type"] == "extra_forbidden" and field in NESTED:
        return _unknown_key(path, file.name, [*NESTED[field].model_fields])
    variable = next((name for name, key in FROM_ENVIRONMENT.items() if key == field), None)
    where = variable if variable and os.environ.get(variable) else file.name
    return refuse(
        Code.SETTINGS_INVALID,
        f"The setting '{path}' is not valid: {first['msg']}.",
        span=path,
        fix=f"Correct it in {where} or on the command line.",
    )
