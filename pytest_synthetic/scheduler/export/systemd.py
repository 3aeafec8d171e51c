"""systemd: a timer and a service for each schedule and region."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_synthetic.scheduler.export import machine, on_calendar, script, timing
from pytest_synthetic.scheduler.export.batches import File
from pytest_synthetic.scheduler.export.header import header, secrets

if TYPE_CHECKING:
    from pytest_synthetic.scheduler.export.batches import Batch, Project

TOGETHER = False
SETUP = 60
"""Seconds that a service may take beside pytest: to start, and to make the report."""

CANNOT = (
    (
        "A time that the clock change leaves out is skipped that day: 02:30 comes only the next day. Give a zone "
        "without clock changes, such as UTC, to what must not be skipped."
    ),
    (
        "What came due while the machine was off or asleep is not run (Persistent=false), and the history knows "
        "nothing of it: have the heartbeat, or alerts on metrics that stop, tell you."
    ),
    "A timer does not start a service that still runs: that time is left out, and the journal does not say so.",
)


def files(project: Project, batch: Batch) -> tuple[list[File], str | None]:
    """Timer, service and script of a batch. Raises CannotKeep."""
    lines, gap, note = on_calendar.lines(batch.schedule, batch.name)
    limit = timing.limit(gap, project.time_limit, beside=script.GRACE + SETUP)
    name = f"systemd/synthetic-{batch.name}"
    cannot = [*CANNOT, *([f"{note[0].upper()}{note[1:]}."] if note else [])]
    head = header("systemd", project, batch=batch, cannot=cannot, use=_use(project, batch))
    text = machine.run_script(project, batch, head=header("systemd", project, batch=batch), limit=limit)
    return [
        File(path=f"{name}.timer", text=head + _timer(batch, lines)),
        File(path=f"{name}.service", text=head + _service(project, batch, limit)),
        File(path=f"systemd/run-{batch.name}.sh", text=text, executable=True),
    ], None


def closing(project: Project, kept: list[Batch]) -> list[File]:
    """The script that installs."""
    made = machine.install_script(project, kept, header("systemd", project))
    return [replace(made, path="systemd/install.sh")] if kept else []


def _use(project: Project, batch: Batch) -> list[str]:
    name = f"synthetic-{batch.name}"
    return [
        (
            f"The project lies in {project.place}, readable for a user `synthetic`: useradd --system --create-home "
            "synthetic"
        ),
        (
            f"Then sh systemd/install.sh, and ln -s /var/lib/synthetic/{project.name} .synthetic where pytest "
            "runs, unless the user may write there."
        ),
        f"cp systemd/{name}.timer systemd/{name}.service /etc/systemd/system/ && systemctl enable --now {name}.timer",
        f"Start it by hand: systemctl start {name}. Its log: journalctl -u {name}. Next times: systemctl list-timers",
        *secrets(project, f"/etc/synthetic/{project.name}.env, as NAME=value, readable for root alone"),
        "Alerts on a failed service are the machine's: OnFailure= in the service.",
    ]


def _timer(batch: Batch, lines: tuple[str, ...]) -> str:
    return "\n".join([
        "[Unit]",
        f"Description=Starts synthetic-{batch.name}",
        "",
        "[Timer]",
        *lines,
        "AccuracySec=1s",
        "Persistent=false",
        "",
        "[Install]",
        "WantedBy=timers.target",
        "",
    ])  # fmt: skip


def _service(project: Project, batch: Batch, limit: int) -> str:
    return "\n".join([
        "[Unit]",
        f"Description=Journeys of {batch.name}",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        "User=synthetic",
        f"ExecStart=/bin/sh {unit(f'{project.place}/systemd/run-{batch.name}.sh')}",
        f"EnvironmentFile=-/etc/synthetic/{project.name}.env",
        f"StateDirectory=synthetic/{project.name}",
        "StateDirectoryMode=0700",
        f"TimeoutStartSec={limit + script.GRACE + SETUP}",
        f"TimeoutStopSec={script.GRACE}",
        "# Ends the browser too, which leaves the process group of whoever started it.",
        "KillMode=control-group",
        "NoNewPrivileges=yes",
        "PrivateTmp=yes",
        "ProtectSystem=full",
        "UMask=0077",
        "",
    ])  # fmt: skip


def unit(text: str) -> str:
    """A text as an argument in a unit: nothing in it is replaced."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
