"""Catalogs of other trades than the demo's, for what a planner makes of their prompts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from warehouse.catalog import Catalog, load_catalog

_HERE = Path(__file__).parent
SHOP = _HERE.parents[3] / "examples" / "shop" / "catalog"


@cache
def catalog(name: str) -> Catalog:
    """The catalog of a domain: demo, shop, or one of the files beside this module."""
    if name == "demo":
        return load_catalog()
    if name == "shop":
        return load_catalog(SHOP)
    return _written(yaml.load((_HERE / f"{name}.yaml").read_text(), yaml.CSafeLoader))


def _written(said: dict[str, Any]) -> Catalog:
    base = load_catalog().model_dump()
    users = said["users"]
    base["tables"] = {
        users["table"]: {
            "description": "-", "grain": users["key"], "owner": "data",
            "phrases": users["phrases"], "columns": _described(said["columns"]),
        },
        "fct_events": base["tables"]["fct_events"],
    }  # fmt: skip
    base["events"] = {
        name: {**_said(event), "properties": _described(event.get("properties", {}))}
        for name, event in said["events"].items()
    }
    base["traits"] = _described(said["traits"], owner="data")
    base["entities"] = {
        name: {**_said(entity), "columns": _described(entity["columns"])}
        for name, entity in said["entities"].items()
    }
    for entity in base["entities"].values():
        base["tables"][entity["table"]] = {
            "description": "-", "grain": "-", "owner": "data", "columns": {},
        }  # fmt: skip
    base["audiences"] = said["audiences"]
    base["actions"] = {
        key: {"key": key, "name": one["name"], "channels": one["channels"]}
        for key, one in said["actions"].items()
    }
    for section in ("eligibility", "assumptions", "stop"):
        base[f"action_{section}"] = {}
    base["action_phrases"] = {key: one["phrases"] for key, one in said["actions"].items()}
    base["funnels"], base["metrics"], base["templates"] = {}, {}, {}
    base["advertising"], base["outcomes"], base["readout_metrics"] = None, {}, {}
    base["layout"] |= {"sales": None, "releases": None}
    base["layout"]["users"] = {
        "table": users["table"], "key": users["key"], "canonical": "TRUE",
        "signup": users["signup"],
    }  # fmt: skip
    return Catalog.model_validate(base)


def _described(columns: dict[str, Any], **more: object) -> dict[str, Any]:
    return {name: {**_said(column), **more} for name, column in columns.items()}


def _said(one: dict[str, Any]) -> dict[str, Any]:
    return {"description": "-", **one}
