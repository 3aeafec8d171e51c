"""What the validators of the hosts let pass, our own linter finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthetic.errors import UsageError
from pytest_synthetic.scheduler.export import lint
from tests.plans import texts

WORKFLOW = texts("github")["synthetic-every-5-min-eu-west-us-east.yml"]
CRONJOB = texts("kubernetes")["synthetic-every-5-min-eu-west.yaml"]
GITLAB = texts("gitlab")["synthetic.gitlab-ci.yml"]
SCHEDULES = texts("gitlab")["synthetic-schedules.sh"]
JENKINS = texts("jenkins")["synthetic-every-5-min-eu-west-us-east.Jenkinsfile"]
TIMER = texts("systemd")["synthetic-every-5-min-eu-west.timer"]
SERVICE = texts("systemd")["synthetic-every-5-min-eu-west.service"]
SCRIPT = texts("cron")["run-every-5-min-eu-west.sh"]


def line(text: str, begin: str) -> str:
    """The line of a file that begins so, whole."""
    return next(each for each in text.splitlines() if each.lstrip().startswith(begin))


W_CRON, K_CRON = line(WORKFLOW, "- cron:"), line(CRONJOB, "schedule:")

MISTAKES = [
    ("a.yml", WORKFLOW, W_CRON, '    - cron: "61 * * * *"', "is no cron expression"),
    ("a.yml", WORKFLOW, W_CRON, '    - cron: "* * * * *"', "comes every 60 s, and GitHub Actions runs nothing more often"),
    ("a.yml", WORKFLOW, W_CRON, '    - cron: "@hourly"', "knows five fields alone"),
    ("a.yml", WORKFLOW, W_CRON, '    - cron: "0 0 0 * * *"', "has 6 fields"),
    ("a.yml", WORKFLOW, W_CRON, '    - cron: "*/7 * * * *"', "is uneven"),
    ("a.yml", WORKFLOW, W_CRON, '    - cron: "0 0 L * *"', "knows no L and no #"),
    ("a.yml", WORKFLOW, W_CRON, "    - cron: 5", "expected a text"),
    ("a.yml", WORKFLOW, W_CRON, f"{W_CRON}\n      timezone: Europe/Pari", "is no time zone"),
    ("a.yml", WORKFLOW, "  schedule:\n" + W_CRON, "  push: {}", "on.schedule is missing"),
    ("a.yml", WORKFLOW, "  workflow_dispatch: {}\n", "", "cannot be started by hand"),
    ("a.yml", WORKFLOW, "permissions:\n  contents: read", "", "permissions are missing"),
    ("a.yml", WORKFLOW, "contents: read", "contents: write", "permissions allow writing"),
    ("a.yml", WORKFLOW, "    timeout-minutes: 20\n", "", "timeout-minutes is missing"),
    ("a.yml", WORKFLOW, "cancel-in-progress: false", "cancel-in-progress: true", "what it created stays behind"),
    ("a.yml", WORKFLOW, "actions/checkout@v6", "actions/checkout@main", "is not pinned"),
    ("a.yml", WORKFLOW, "actions/checkout@v6", "actions/checkout", "is not pinned"),
    ("a.yml", CRONJOB, K_CRON, '  schedule: "61 * * * *"', "is no cron expression"),
    ("a.yml", CRONJOB, K_CRON, '  schedule: "TZ=UTC 0 0 * * *"', "TZ= is refused"),
    ("a.yml", CRONJOB, K_CRON, '  schedule: "0 9 */2 * 1"', "read by Kubernetes as either"),
    ("a.yml", CRONJOB, '  timeZone: "Etc/UTC"\n', "", "timeZone is missing"),
    ("a.yml", CRONJOB, "concurrencyPolicy: Forbid", "concurrencyPolicy: Never", "it is none of Allow, Forbid, Replace"),
    ("a.yml", CRONJOB, "concurrencyPolicy: Forbid", "suspend: false", "concurrencyPolicy is Allow"),
    ("a.yml", CRONJOB, "startingDeadlineSeconds: 150", "startingDeadlineSeconds: 5", "below 10 nothing may start"),
    ("a.yml", CRONJOB, "startingDeadlineSeconds: 150", "suspend: false", "after 100 missed times"),
    ("a.yml", CRONJOB, "activeDeadlineSeconds: 270", "parallelism: 1", "activeDeadlineSeconds is missing"),
    ("a.yml", CRONJOB, "backoffLimit: 0", "backoffLimit: 3", "backoffLimit is 3"),
    ("a.yml", CRONJOB, "restartPolicy: Never", "restartPolicy: Always", "a Job takes Never or OnFailure alone"),
    ("a.yml", CRONJOB, "restartPolicy: Never", "restartPolicy: OnFailure", "repeated unseen"),
    ("a.yml", GITLAB, "  timeout: 20 minutes\n", "", "timeout is missing"),
    ("a.yml", GITLAB, "  resource_group: synthetic-every-5-min-eu-west-us-east-$REGION\n", "", "resource_group is missing"),
    ("a.yml", GITLAB, "    when: always\n", "", "`when: always` is missing"),
    ("a.sh", SCHEDULES, "'0 7 * * 1-5' Europe/Paris", "'0 7 * * 8' Europe/Paris", "is no cron expression"),
    ("a.sh", SCHEDULES, "'0 7 * * 1-5' Europe/Paris", "'0 7 * * 1' Europe/Rom", "is no time zone"),
    ("Jenkinsfile", JENKINS, "H/5 * * * *", "H/5 * * *", "has 4 fields"),
    ("Jenkinsfile", JENKINS, "H/5 * * * *", "H/7 * * * *", "is uneven"),
    ("Jenkinsfile", JENKINS, "TZ=UTC\\nH/5 * * * *", "H/5 * * * *\\nTZ=UTC", "counts on the first line alone"),
    ("Jenkinsfile", JENKINS, "TZ=UTC", "TZ=Mars/Olympus", "is no time zone"),
    ("Jenkinsfile", JENKINS, "disableConcurrentBuilds()", "", "disableConcurrentBuilds() is missing"),
    ("Jenkinsfile", JENKINS, "timeout(time: 20, unit: 'MINUTES')", "", "timeout(...) is missing"),
    ("a.timer", TIMER, "Persistent=false", "Persistent=true", "runs a missed time"),
    ("a.timer", TIMER, "AccuracySec=1s\n", "", "a minute late"),
    ("a.timer", TIMER, line(TIMER, "OnCalendar"), "", "nothing starts it"),
    ("a.timer", TIMER, "[Timer]", "[Time]", "has no section [Timer]"),
    ("a.service", SERVICE, "Type=oneshot", "Type=simple", "Type=oneshot is missing"),
    ("a.service", SERVICE, "TimeoutStartSec=270\n", "", "TimeoutStartSec is missing"),
    ("a.service", SERVICE, "KillMode=control-group", "KillMode=process", "leaves browsers behind"),
    ("a.sh", SCRIPT, "if ! flock", "if ! true", "has no flock"),
    ("a.sh", SCRIPT, "timeout --kill", "env --kill", "has no timeout"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "right", "wrong", "told"), MISTAKES)
def test_a_mistake_is_found(name: str, text: str, right: str, wrong: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert lint.look(file) == []
    assert right in text
    file.write_text(text.replace(right, wrong))
    found = lint.look(file)
    assert any(told in each for each in found), found


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("61 * * * * flock -n l timeout 5 pytest", "is no cron expression"),
        ("@fortnightly flock -n l timeout 5 pytest", "knows five fields alone"),
        ("* * * * *", "expected five fields and a command"),
        ("5 * * * * flock -n l timeout 5 pytest x%y", "a % in the command ends it"),
        ("5 * * * * timeout 5 pytest", "has no flock"),
        ("5 * * * * flock -n l pytest", "has no timeout"),
        ("CRON_TZ=Here\n5 * * * * flock -n l timeout 5 pytest", "line 1: 'Here' is no time zone"),
    ],
)
def test_a_mistake_in_a_crontab_is_found(entry: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "my.crontab"
    file.write_text(f"# mine\nMAILTO=ada\n{entry}\n" if "CRON_TZ" not in entry else f"{entry}\n")
    found = lint.look(file)
    assert any(told in each for each in found), found


def test_a_crontab_without_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "my.crontab"
    file.write_text(
        "# mine\nCRON_TZ=Europe/Paris\n@hourly flock -n l timeout 5 pytest\n0 9 */2 * 1 flock -n l timeout 5 pytest\n"
    )
    assert lint.look(file) == []


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yml", "a: [", "is no YAML"),
        ("a.yml", "a: 1", "holds nothing that is known"),
        ("a.yml", "jobs: []\non: push", "on.schedule is missing"),
        ("a.yml", "kind: CronJob", "expected a text"),
        ("a.yml", "kind: CronJob\nspec: {jobTemplate: []}", "restartPolicy is Always"),
        ("a.yml", "jobs: {a: 1}\non: {schedule: [1, {cron: [1]}]}", "expected a text"),
        ("a.timer", "Timer]\nx", "is no unit of systemd"),
    ],
)
def test_what_is_no_such_file_is_said(name: str, text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    found = lint.look(tmp_path / name)
    assert any(told in each for each in found), found


@pytest.mark.parametrize(("name", "content"), [("a.txt", b"hello"), ("a.yml", b"\xff"), ("no.yml", None)])
def test_what_cannot_be_looked_at_is_refused(name: str, content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError):
        lint.look(tmp_path / name)
