"""Incidents as the history keeps them: one may have 10,000 cases, of which few change from turn to turn."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_synthetic.model import wire

if TYPE_CHECKING:
    from pytest_synthetic.model.alerting import Case, Incident

MOST = 20_000
"""Cases of which the words are kept: a kilobyte each."""
FEW = 20
"""A case that blocks more journeys may be very long: its words are not kept."""


def text_of(incident: Incident) -> str:
    """An incident as JSON: what `Incident.to_json` says, its cases first."""
    rest = as_json({name: told for name, told in replace(incident, cases=()).to_json().items() if name != "cases"})
    cases = ",".join(_kept(case) if len(case.blocked) <= FEW else _case(case) for case in incident.cases)
    return f'{{"cases":[{cases}],{rest[1:]}'


def as_json(told: Any) -> str:
    """Plain values, as short as JSON can be."""
    return json.dumps(told, separators=(",", ":"))


def _case(case: Case) -> str:
    return as_json(wire.plain(case))


_kept = lru_cache(MOST)(_case)
