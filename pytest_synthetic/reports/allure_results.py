"""Allure's results read back: what a report over them has to be told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RULE = ("name", "matchedStatuses", "messageRegex", "traceRegex", "flaky")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What the results of one report hold: the labels that its tree and environments are made of."""

    regions: tuple[str, ...]
    products: tuple[str, ...]
    categories: tuple[dict[str, Any], ...]


def read(folder: Path) -> Results | None:
    """Read the results in `folder`; None when there are none. What cannot be read is passed over, as in Allure."""
    regions, products, found = set(), set(), False
    for path in folder.glob("*-result.json"):
        found = True
        for name, value in _labels(path):
            if name == "region":
                regions.add(value)
            elif name == "epic":
                products.add(value)
    if not found:
        return None
    return Results(
        regions=tuple(sorted(regions)), products=tuple(sorted(products)), categories=tuple(_categories(folder))
    )


def _labels(path: Path) -> Iterator[tuple[str, str]]:
    result = _json(path)
    for label in result.get("labels", ()) if isinstance(result, dict) else ():
        if isinstance(label, dict) and isinstance(label.get("value"), str):
            yield str(label.get("name")), label["value"]


def _categories(folder: Path) -> Iterator[dict[str, Any]]:
    """The rules of categories.json in the keys that Allure 3 takes over from Allure 2; it reads no such file itself."""
    rules = _json(folder / "categories.json")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and isinstance(rule.get("name"), str) and len(rule.keys() & set(_RULE)) > 1:
            yield {key: rule[key] for key in _RULE if key in rule}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
