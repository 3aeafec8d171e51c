"""cron: one crontab, and a script for each schedule and region."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.scheduler.export import machine, script, timing
from pytest_synthetic.scheduler.export.batches import File
from pytest_synthetic.scheduler.export.header import header, secrets

if TYPE_CHECKING:
    from pytest_synthetic.scheduler.export.batches import Batch, Project
    from pytest_synthetic.scheduler.export.timing import Timing

HOST = timing.Host(name="cron", both=True)
TOGETHER = False

CANNOT = (
    (
        "cron starts a run although the one before goes on: each script holds a lock (flock), and what finds it "
        f"held ends with exit code {machine.BUSY}."
    ),
    (
        "cron knows no time zones. cronie (Fedora, Red Hat, Arch) heeds the lines CRON_TZ; Debian's and Ubuntu's "
        "cron does not, and starts in the zone of the machine. Each script looks at its start whether it is due "
        f"in its zone, and ends with exit code {machine.NOT_DUE} when it is not: set the machine to that zone "
        "then, or use systemd."
    ),
    (
        "What came due while the machine was off is not run. A time that the clock change leaves out may be run right "
        "after it, or not at all: crons differ."
    ),
    "cron tells of a failure by mail alone, if the machine can send any: MAILTO.",
    "Nothing ends a browser that was left behind by a run that was killed. systemd does.",
)


def files(project: Project, batch: Batch) -> tuple[list[File], str | None]:
    """The script of a batch, and how its schedule is not kept as marked; `closing` writes the crontab.

    Raises CannotKeep.
    """
    kept = timing.timing(batch.schedule, HOST, batch.name)
    head = header(
        "cron", project, batch=batch, moved=kept.moved, use=[f"Start it by hand: sh cron/run-{batch.name}.sh"]
    )
    limit = timing.limit(kept.gap, project.time_limit, beside=script.GRACE)
    text = machine.run_script(project, batch, head=head, limit=limit, checks=_due(kept))
    return [File(path=f"cron/run-{batch.name}.sh", text=text, executable=True)], kept.moved


def closing(project: Project, kept: list[Batch]) -> list[File]:
    """The crontab, and the script that installs."""
    if not kept:
        return []
    found = [(batch, timing.timing(batch.schedule, HOST, batch.name)) for batch in kept]
    told = "; ".join(f"{batch.name}: {one.moved}" for batch, one in found if one.moved)
    head = header("cron", project, moved=told or None, cannot=CANNOT, use=_use(project))
    lines = ["SHELL=/bin/sh"]
    for batch, one in sorted(found, key=lambda pair: _zone(pair[1])):
        lines += [f"CRON_TZ={_zone(one)}"] if _zone(one) and f"CRON_TZ={_zone(one)}" not in lines else []
        lines += [f"{line} {_command(project, batch, one)}" for line in one.crons]
    made = machine.install_script(project, kept, header("cron", project))
    return [
        File(path="cron/synthetic.crontab", text=head + "\n".join(lines) + "\n"),
        replace(made, path="cron/install.sh"),
    ]


def _use(project: Project) -> list[str]:
    return [
        f"The project lies in {project.place}. Give it a user of its own, and as that user: sh cron/install.sh",
        "Then: crontab cron/synthetic.crontab. It replaces all that the crontab of this user had.",
        *secrets(project, f"~/.config/synthetic/{project.name}.env, as NAME='value', chmod 600"),
        "Set MAILTO to whom cron should mail what a run says.",
    ]


def _zone(kept: Timing) -> str:
    """The zone that a line needs; none when the minutes are the same in all."""
    return "" if kept.even and kept.gap <= 3600 else kept.zone


def _due(kept: Timing) -> list[str]:
    if not _zone(kept):
        return []
    return [
        "",
        "# The crontab says `scheduled`: a cron that knows no CRON_TZ is found out.",
        'if [ "${1:-}" = scheduled ]; then',
        f"  python -m {script.CLOCK} due {script.quoted(kept.zone)} {script.quoted(kept.crons[0])} || {{",
        f'    echo "not started: {kept.crons[0]} is not due now in {kept.zone}. Does this cron heed CRON_TZ?" >&2',
        f"    exit {machine.NOT_DUE}",
        "  }",
        "fi",
    ]


def _command(project: Project, batch: Batch, kept: Timing) -> str:
    path = script.quoted(f"{project.place}/cron/run-{batch.name}.sh").replace("%", "\\%")
    return f"{path} scheduled" if _zone(kept) else path
