"""Mistakes in schedules of hosts that their own validators let pass: exported files, and those edited by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import UsageError
from pytest_synthetic.scheduler.export import lint_hosts
from pytest_synthetic.scheduler.export.lint_cron import cron_line, cron_of, zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_CRON_LINE = re.compile(r"^\s*([\d*][^\s#]*(?:\s+\S+){4})\s+(\S.*)$")


def look(file: Path) -> list[str]:
    """What is wrong in a file, a sentence each; empty when nothing was found.

    Raises UsageError for a file that is none of those that are known.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    return list(_rules(file, text)(text))


def _rules(file: Path, text: str) -> Callable[[str], Iterable[str]]:
    """What looks at such a file."""
    if file.suffix in (".yml", ".yaml"):
        return _yaml
    if file.suffix == ".timer":
        return lint_hosts.timer
    if file.suffix == ".service":
        return lint_hosts.service
    if "jenkinsfile" in file.name.lower() or text.lstrip().startswith("pipeline {"):
        return lint_hosts.jenkins
    if file.suffix == ".sh":
        return script
    if "crontab" in file.name.lower() or any(map(_CRON_LINE.match, text.splitlines())):
        return lambda told: crontab(told, file.parent)
    raise UsageError(
        f"{file} is no file of a schedule that is known: expected a workflow or a CronJob (.yml, .yaml), a "
        "Jenkinsfile, a .timer, a .service, a crontab or an exported .sh"
    )


def _yaml(text: str) -> Iterator[str]:
    import yaml

    try:
        documents: list[Any] = [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
    except yaml.YAMLError as error:
        yield f"is no YAML: {one_line(str(error), 200)}"
        return
    found = 0
    for document in documents:
        if document.get("kind") == "CronJob":
            yield from lint_hosts.cronjob(document)
        elif "jobs" in document:
            yield from lint_hosts.workflow(document)
        elif any(isinstance(value, dict) and "script" in value for value in document.values()):
            yield from lint_hosts.gitlab(document)
        else:
            found -= 1
        found += 1
    if not found:
        yield "holds nothing that is known: no workflow of GitHub, no jobs of GitLab, no CronJob"


def script(text: str) -> Iterator[str]:
    """A script that an export wrote: one that runs journeys, or one that makes schedules of GitLab."""
    for name, expression, where in re.findall(r"^schedule (\S+|'[^']*') '([^']*)' (\S+)$", text, re.MULTILINE):
        yield from (f"{name}: {told}" for told in cron_of(expression, least=300.0, host="GitLab"))
        yield from (f"{name}: {told}" for told in zone(where.strip("'")))
    if re.search(r"^\s*pytest\b", text, re.MULTILINE):
        yield from _runs(text)


def _runs(text: str) -> Iterator[str]:
    if not re.search(r"^\s*if ! flock\b|^[^#\n]*\bflock -n", text, re.MULTILINE):
        yield "has no flock: a run begins while the one before goes on"
    if not re.search(r"^[^#\n]*\btimeout\b.*\d", text, re.MULTILINE):
        yield "has no timeout: a run that hangs never ends, and no other begins"


def crontab(text: str, folder: Path) -> Iterator[str]:
    """A crontab of a user; scripts that it starts are looked at, where they lie beside it."""
    for number, line in enumerate(text.splitlines(), 1):
        if zoned := re.match(r"\s*CRON_TZ=(.*)", line):
            yield from (f"line {number}: {told}" for told in zone(zoned[1].strip().strip('"')))
        elif line.strip() and not line.lstrip().startswith("#") and not re.match(r"\s*\w+\s*=", line):
            yield from (f"line {number}: {told}" for told in _entry(line, folder))


def _entry(line: str, folder: Path) -> Iterator[str]:
    expression, command = cron_line(line)
    if not command:
        yield f"{line.strip()!r}: expected five fields and a command"
        return
    yield from cron_of(expression, least=60.0, host="cron", either=True)
    if re.search(r"(?<!\\)%", command):
        yield r"a % in the command ends it, and what follows is its input: write \%"
    started = next(
        (folder / name for name in re.findall(r"([\w.-]+\.sh)\b", command) if (folder / name).is_file()), None
    )
    yield from _runs(f"{command}\n{started.read_text(encoding='utf-8') if started else ''}")
