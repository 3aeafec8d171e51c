"""What stands at the beginning of every file: where it comes from, and what the host cannot promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.scheduler.export import script
from pytest_synthetic.scheduler.export.batches import MARK, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.scheduler.export.batches import Batch, Project


def header(  # noqa: PLR0913  the parts of a header, each of which is optional
    target: str,
    project: Project,
    *,
    batch: Batch | None = None,
    moved: str | None = None,
    cannot: Sequence[str] = (),
    use: Sequence[str] = (),
    sign: str = "#",
) -> str:
    """The comment on top of a file. `moved` says how the schedule is not kept as marked."""
    told = [f"{MARK} {target}`, pytest-synthetic {project.tool}. The marks in the tests are what counts:"]
    told += ["export again when they change. This file is then replaced; what you changed in it is in git.", ""]
    if batch:
        told += [f"Schedule: {words(batch.schedule)}. Regions: {', '.join(batch.regions)}."]
    if moved:
        told += ["", f"NOT AS MARKED: {moved}."]
    for title, lines in (("What this host cannot promise:", cannot), ("How to use it:", use), ("", project.notes)):
        told += ["", title] if lines and title else [""] if lines else []
        told += [f"- {line}" for line in lines]
    if batch:
        told += ["", script.HEARTBEAT.format(name=batch.name)]
    return script.comment(told, sign)


def secrets(project: Project, where: str) -> list[str]:
    """What to say of secrets: their names, and where the host keeps their values."""
    named = ", ".join(project.secrets)
    told = [f"Put the values of {named} into {where}. This file has names alone."] if named else []
    return [*told, "Secrets that a journey asks for by a name that is not in [secrets] are not known here: add them."]
