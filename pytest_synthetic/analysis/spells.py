"""Since when an incident stands, or from when to when it stood, where it was over in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.model.alerting import Turn

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_synthetic.model.alerting import Entry, Incident


def came_back(incident: Incident) -> bool:
    """Whether it stands, or stood last, for another time."""
    return not incident.flapping and _returned(incident) is not None and not came_and_went(incident)


def came_and_went(incident: Incident) -> bool:
    """Whether it is over after it came and went: how long it stood in all is not known."""
    back = _returned(incident)
    return incident.resolved is not None and back is not None and back.what == Turn.FLAPPING


def stood_from(incident: Incident) -> datetime:
    """The first bad run of what stands, or of what stood last; of what comes and goes that of the first time."""
    back = _returned(incident) if came_back(incident) else None
    if back is None:
        return incident.began
    last = incident.standing or [case for case in incident.cases if case.resolved and case.resolved >= back.at]
    return min((case.problem.first_bad for case in last), default=incident.began)


def _returned(incident: Incident) -> Entry | None:
    """The newest line that says that it is back, or that it comes and goes."""
    return next((entry for entry in reversed(incident.entries) if entry.what in {Turn.REOPENED, Turn.FLAPPING}), None)
