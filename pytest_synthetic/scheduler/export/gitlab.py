"""GitLab: a file to include, with a job for each schedule, and a script that makes the schedules themselves."""

from __future__ import annotations

from posixpath import join, normpath
from typing import TYPE_CHECKING

from pytest_synthetic.scheduler.export import script, timing
from pytest_synthetic.scheduler.export.batches import File
from pytest_synthetic.scheduler.export.header import header, secrets

if TYPE_CHECKING:
    from pytest_synthetic.scheduler.export.batches import Batch, Project

HOST = timing.Host(name="GitLab", floor=300.0)
TOGETHER = True
SETUP = 15
JOBS = "synthetic.gitlab-ci.yml"
SCHEDULES = "synthetic-schedules.sh"

CANNOT = (
    "The schedule is not in this file: GitLab keeps it as an object of its own. synthetic-schedules.sh makes it.",
    (
        "How often a schedule runs is bounded by the instance: on gitlab.com every hour in the free tier and "
        "every 5 minutes in the paid ones; elsewhere whoever runs it sets pipeline_schedule_worker_cron. One that "
        "asks for more runs less often, and nothing says so."
    ),
    (
        "A schedule belongs to whoever made it. When that person loses the role Developer, or this file is not "
        "valid, no pipeline starts, and no message tells."
    ),
    "A run that waits for the one before it (resource_group) starts late; it is not dropped.",
    (
        "What stays between runs is a cache of one runner, unless the runners share one. Each region has a "
        "history of its own. For one history that is not lost, set [history] url to PostgreSQL."
    ),
)


def files(project: Project, batch: Batch) -> tuple[list[File], str | None]:
    """Whether GitLab can keep the schedule: everything is written at once, by `closing`. Raises CannotKeep."""
    del project
    return [], timing.timing(batch.schedule, HOST, batch.name).moved


def closing(project: Project, kept: list[Batch]) -> list[File]:
    """The file of jobs, and the script that makes their schedules."""
    told = [f"{batch.name}: {moved}" for batch in kept if (moved := _moved(batch))]
    use = [
        "Commit it, and write into .gitlab-ci.yml: include: [{local: /" + JOBS + "}]",
        "Then make the schedules: GITLAB_TOKEN=... PROJECT=group/shop sh " + SCHEDULES,
        "Start one by hand: Build, Pipeline schedules, the arrow beside it.",
        (
            "Jobs of yours without rules run in these pipelines as well: give them the rule `if: $SYNTHETIC_SCHEDULE`, "
            "`when: never`. The jobs below are in the stage test."
        ),
        *secrets(project, "Settings, CI/CD, Variables, masked and protected"),
        "GitLab mails failed pipelines to whoever owns the schedule; its integrations reach others.",
    ]
    head = header("gitlab", project, moved="; ".join(told) or None, cannot=CANNOT, use=use)
    beats = "\n" + script.comment([script.HEARTBEAT.format(name="SCHEDULE")]) + "\n"
    jobs = File(path=JOBS, text=head + beats + "\n".join(_job(project, batch) for batch in kept))
    return [jobs, File(path=SCHEDULES, text=_schedules(project, kept), executable=True)] if kept else []


def _moved(batch: Batch) -> str | None:
    return timing.timing(batch.schedule, HOST, batch.name).moved


def _job(project: Project, batch: Batch) -> str:
    limit = timing.limit(timing.timing(batch.schedule, HOST, batch.name).gap, project.time_limit)
    state, out = (normpath(join(project.folder, path)) for path in (project.state, "out"))
    start = [] if project.folder == "." else [f"cd {script.quoted(project.folder)}"]
    return f"""\
{script.yaml(f"synthetic {batch.name}")}:
  image: python:{project.python}
  stage: test
  rules:
    - if: '$CI_PIPELINE_SOURCE == "schedule" && $SYNTHETIC_SCHEDULE == "{batch.name}"'
    - if: '$CI_PIPELINE_SOURCE == "web" && $SYNTHETIC_SCHEDULE == "{batch.name}"'
  parallel:
    matrix:
      - REGION: [{", ".join(map(script.yaml, batch.regions))}]
  resource_group: synthetic-{batch.name}-$REGION
  timeout: {-(-limit // 60) + SETUP} minutes
  interruptible: false
  cache:
    key: synthetic-{batch.name}-$REGION
    paths: [{script.yaml(state)}]
    when: always
  before_script:  # put here what installs your project
    - |
{script.indented([*start, *script.install(project.install, browser=batch.browser)], 6)}\
  script:
    - |
{script.indented([*script.run(batch, limit=limit, out="out"), *script.end(batch)], 6)}\
  after_script:
    - |
{script.indented([*start, f"{script.report('out', project.state)} || true"], 6)}\
  artifacts:
    when: always
    paths: [{script.yaml(out)}]
    expire_in: 14 days
    reports:
      junit: {script.yaml(f"{out}/junit.xml")}
"""


def _schedules(project: Project, kept: list[Batch]) -> str:
    use = [
        "GITLAB_TOKEN=... PROJECT=group/shop sh " + SCHEDULES,
        (
            "GITLAB_TOKEN is an access token with the scope api. Whoever it belongs to owns the schedules: have "
            "it belong to an account that stays, with the role Developer or more."
        ),
        (
            "PROJECT is the path or the number of the project; REF the branch (main), GITLAB_URL the server "
            "(https://gitlab.com)."
        ),
        "Run again, it replaces schedules of the same name, and touches no others: delete by hand what is not wanted.",
    ]
    calls = []
    for batch in kept:
        found = timing.timing(batch.schedule, HOST, batch.name)
        calls += [
            f"schedule {script.quoted(batch.name)} {script.quoted(line)} {script.quoted(found.zone)}"
            for line in found.crons
        ]
    return "#!/bin/sh\n" + header("gitlab", project, use=use) + _API + "\n".join(calls) + "\n"


_API = """\
set -eu
: "${GITLAB_TOKEN:?set it to an access token with the scope api}"
: "${PROJECT:?set it to the path of the project, such as group/shop}"
project=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$PROJECT")
schedules="${GITLAB_URL:-https://gitlab.com}/api/v4/projects/$project/pipeline_schedules"

# The token goes in by the standard input: the list of processes does not show it.
api() {
  printf 'header = "PRIVATE-TOKEN: %s"\\n' "$GITLAB_TOKEN" | curl --config - --fail --silent --show-error "$@"
}

ids_of() {
  api "$schedules?per_page=100" | python3 -c '
import json, sys
print(*(one["id"] for one in json.load(sys.stdin) if one["description"] == sys.argv[1]))' "$1"
}

schedule() {
  name="synthetic $1"
  old=$(ids_of "$name")
  id=$(api --data-urlencode "description=$name" --data-urlencode "ref=${REF:-main}" --data-urlencode "cron=$2" \\
    --data-urlencode "cron_timezone=$3" --data "active=false" "$schedules" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
  api --output /dev/null --data "key=SYNTHETIC_SCHEDULE" --data-urlencode "value=$1" "$schedules/$id/variables"
  api --output /dev/null --request PUT --data "active=true" "$schedules/$id"
  for one in $old; do
    api --output /dev/null --request DELETE "$schedules/$one"
  done
  echo "$name: $2 $3"
}

"""
