"""What makes a schedule go wrong, host by host."""

from __future__ import annotations

import re
from configparser import ConfigParser, Error
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.scheduler.export.lint_cron import cron_of, zone

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_DEADLINE = 10
"""Seconds: the controller of CronJobs looks every 10, and a shorter deadline may never be kept."""


# -- GitHub ----------------------------------------------------------------------------------------------------------


def workflow(document: dict[Any, Any]) -> Iterator[str]:
    """A workflow of GitHub Actions."""
    events = document.get("on", document.get(True))  # YAML 1.1 reads `on` as true
    schedules = (events.get("schedule") if isinstance(events, dict) else None) or []
    if not schedules:
        yield "on.schedule is missing: nothing starts it"
    for entry in schedules if isinstance(schedules, list) else []:
        given = entry if isinstance(entry, dict) else {}
        yield from (f"on.schedule: {told}" for told in cron_of(given.get("cron"), least=300.0, host="GitHub Actions"))
        if "timezone" in given:
            yield from (f"on.schedule: {told}" for told in zone(given["timezone"]))
    if isinstance(events, dict) and "workflow_dispatch" not in events:
        yield "on.workflow_dispatch is missing: it cannot be started by hand"
    yield from _permissions(document)
    jobs = document["jobs"]
    for name, job in jobs.items() if isinstance(jobs, dict) else ():
        if isinstance(job, dict):
            yield from (f"jobs.{name}: {told}" for told in _job(job, document))


def _permissions(document: dict[Any, Any]) -> Iterator[str]:
    given = document.get("permissions")
    if given is None:
        yield "permissions are missing: the token may do what the repository allows; write `contents: read`"
    elif given == "write-all" or (isinstance(given, dict) and "write" in given.values()):
        yield "permissions allow writing, which no journey needs: write `contents: read`"


def _job(job: dict[Any, Any], document: dict[Any, Any]) -> Iterator[str]:
    if "timeout-minutes" not in job:
        yield "timeout-minutes is missing: a run that hangs takes six hours"
    concurrency = job.get("concurrency", document.get("concurrency"))
    if concurrency is None:
        yield "concurrency is missing: a run begins while the one before goes on"
    elif isinstance(concurrency, dict) and concurrency.get("cancel-in-progress") is True:
        yield "concurrency.cancel-in-progress ends the run that goes on: what it created stays behind"
    for step in job.get("steps") or []:
        used = step.get("uses", "") if isinstance(step, dict) else ""
        if used and not used.startswith("./") and re.search(r"@(main|master|latest)$|^[^@]+$", used):
            yield f"uses: {used} is not pinned: it changes without you; name a version or a commit"


# -- GitLab ----------------------------------------------------------------------------------------------------------


def gitlab(document: dict[Any, Any]) -> Iterator[str]:
    """Jobs of GitLab that schedules start."""
    for name, job in document.items():
        if isinstance(job, dict) and "script" in job and "schedule" in str(job.get("rules", job.get("only", ""))):
            yield from (f"{name}: {told}" for told in _gitlab_job(job))


def _gitlab_job(job: dict[Any, Any]) -> Iterator[str]:
    if "timeout" not in job:
        yield "timeout is missing: that of the project holds, an hour as a rule"
    if "resource_group" not in job:
        yield "resource_group is missing: a run begins while the one before goes on"
    for key in ("cache", "artifacts"):
        given = job.get(key)
        for each in given if isinstance(given, list) else [given]:
            if isinstance(each, dict) and each.get("when") != "always":
                yield f"{key}: `when: always` is missing: what a run that failed leaves is not kept"


# -- Jenkins ---------------------------------------------------------------------------------------------------------


def jenkins(text: str) -> Iterator[str]:
    """A declarative Jenkinsfile."""
    code = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    triggers = re.findall(r"\bcron\s*\(\s*('''|\"\"\"|'|\")(.*?)\1\s*\)", code, re.DOTALL)
    if not triggers:
        yield "triggers { cron(...) } is missing: nothing starts it"
    for _, told in triggers:
        yield from _trigger([line.strip() for line in told.replace("\\n", "\n").splitlines() if line.strip()])
    if not re.search(r"\bdisableConcurrentBuilds\s*\(", code):
        yield "disableConcurrentBuilds() is missing: a run begins while the one before goes on"
    if not re.search(r"\btimeout\s*\(", code):
        yield "timeout(...) is missing: a run that hangs never ends"


def _trigger(lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if line.startswith("TZ="):
            yield from zone(line[3:])
            if number:
                yield "TZ= counts on the first line alone"
        else:
            yield from cron_of(_without_hash(line), least=60.0, host="Jenkins", names=True, either=True)


def _without_hash(line: str) -> str:
    """An expression in which each `H` is a value that it may come to: the least."""
    fields = line.split()
    for place, least in enumerate(("0", "0", "1", "1", "0")[: len(fields)]):
        if hashed := re.fullmatch(r"H(?:\((\d+)-(\d+)\))?(/\d+)?", fields[place]):
            first, last, step = hashed.groups()
            fields[place] = f"{first}-{last}{step}" if first and step else f"*{step}" if step else first or least
    return " ".join(fields)


# -- Kubernetes ------------------------------------------------------------------------------------------------------


def cronjob(document: dict[Any, Any]) -> Iterator[str]:
    """A CronJob of Kubernetes."""
    spec = _at(document, "spec")
    schedule = spec.get("schedule")
    if "TZ=" in str(schedule):
        yield "schedule: TZ= is refused: write timeZone"
    else:
        yield from (f"schedule: {told}" for told in cron_of(schedule, least=60.0, host="Kubernetes", names=True))
    yield from zone(spec["timeZone"]) if "timeZone" in spec else ["timeZone is missing: that of the controller holds"]
    policy = spec.get("concurrencyPolicy", "Allow")
    if policy != "Forbid":
        known = policy in ("Allow", "Replace")
        why = (
            "a run begins while the one before goes on, or ends it" if known else "it is none of Allow, Forbid, Replace"
        )
        yield f"concurrencyPolicy is {policy}: {why}; write Forbid"
    deadline = spec.get("startingDeadlineSeconds")
    if deadline is None:
        yield "startingDeadlineSeconds is missing: after 100 missed times the CronJob starts no more"
    elif isinstance(deadline, int) and deadline < LEAST_DEADLINE:
        yield f"startingDeadlineSeconds is {deadline}: below {LEAST_DEADLINE} nothing may start"
    yield from _kubernetes_job(_at(spec, "jobTemplate", "spec"))


def _kubernetes_job(job: dict[Any, Any]) -> Iterator[str]:
    if "activeDeadlineSeconds" not in job:
        yield "activeDeadlineSeconds is missing: a run that hangs never ends, and Forbid keeps all others out"
    if job.get("backoffLimit", 6) != 0:
        yield f"backoffLimit is {job.get('backoffLimit', 6)}: a run that failed is repeated, and counted again"
    restart = _at(job, "template", "spec").get("restartPolicy", "Always")
    if restart != "Never":
        why = "a Job takes Never or OnFailure alone" if restart == "Always" else "a run that failed is repeated unseen"
        yield f"restartPolicy is {restart}: {why}; write Never"


def _at(value: Any, *keys: str) -> dict[Any, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


# -- systemd ---------------------------------------------------------------------------------------------------------


def timer(text: str) -> Iterator[str]:
    """A timer of systemd. Whether OnCalendar can be read, `systemd-analyze verify` says."""
    given, wrong = _unit(text, "Timer")
    yield from wrong
    if wrong:
        return
    if not any(key.startswith("on") and given[key] for key in given):
        yield "OnCalendar is missing: nothing starts it"
    if given.get("persistent", "false").lower() in ("true", "yes", "on", "1"):
        yield "Persistent=true runs a missed time when the machine comes up, when its result says nothing of that time"
    if "accuracysec" not in given:
        yield "AccuracySec is missing: a start may be a minute late"


def service(text: str) -> Iterator[str]:
    """A service that a timer starts."""
    given, wrong = _unit(text, "Service")
    yield from wrong
    if wrong:
        return
    if given.get("type") != "oneshot":
        yield "Type=oneshot is missing: systemd does not wait for the end of a run"
    if given.get("timeoutstartsec", "infinity") in ("infinity", "0"):
        yield "TimeoutStartSec is missing: a run that hangs never ends (RuntimeMaxSec does nothing for oneshot)"
    if given.get("killmode", "control-group") != "control-group":
        yield f"KillMode={given['killmode']} leaves browsers behind: write control-group"


def _unit(text: str, section: str) -> tuple[dict[str, str], list[str]]:
    """The keys of a section in lower case, the last of each; and why they cannot be read."""
    parser = ConfigParser(interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#", ";"))
    try:
        parser.read_string(text)
    except Error as error:
        return {}, [f"is no unit of systemd: {one_line(str(error), 200)}"]
    if not parser.has_section(section):
        return {}, [f"has no section [{section}]"]
    return dict(parser.items(section)), []
