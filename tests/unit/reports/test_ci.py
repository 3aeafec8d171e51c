"""Which build this is."""

from __future__ import annotations

import pytest

from pytest_synthetic.reports.ci import executor

GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_WORKFLOW": "monitor", "GITHUB_RUN_NUMBER": "12", "GITHUB_RUN_ID": "99",
    "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r",
}  # fmt: skip
GITLAB = {"GITLAB_CI": "true", "CI_JOB_NAME": "eu", "CI_PIPELINE_IID": "3", "CI_JOB_URL": "https://gl/j/1"}
JENKINS = {"JENKINS_URL": "https://j/", "JOB_NAME": "x", "BUILD_NUMBER": "5", "BUILD_URL": "https://j/x/5"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (GITHUB, ("GitHub Actions", "github", "monitor #12", 12, "https://github.com/o/r/actions/runs/99")),
        (GITLAB, ("GitLab CI", "gitlab", "eu #3", 3, "https://gl/j/1")),
        (JENKINS, ("Jenkins", "jenkins", "x #5", 5, "https://j/x/5")),
    ],
)
def test_is_read_from_what_the_ci_system_sets(environ: dict[str, str], expected: tuple[object, ...]) -> None:
    told = executor(environ)

    assert told is not None
    assert (told["name"], told["type"], told["buildName"], told["buildOrder"], told["buildUrl"]) == expected


def test_what_is_not_set_is_left_out() -> None:
    assert executor({"GITHUB_ACTIONS": "true", "GITHUB_RUN_NUMBER": "x"}) == {
        "name": "GitHub Actions", "type": "github", "buildName": "#x",
    }  # fmt: skip


def test_is_unknown_on_a_desk() -> None:
    assert executor({}) is None
