"""Which build this is, read from the variables that CI systems set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def executor(environ: Mapping[str, str]) -> dict[str, Any] | None:
    """The build as Allure's executor.json tells it; None when no CI system that we know runs us."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return _told("GitHub Actions", "github", **_github(environ))
    if environ.get("GITLAB_CI") == "true":
        return _told("GitLab CI", "gitlab", **_gitlab(environ))
    if environ.get("JENKINS_URL"):
        return _told("Jenkins", "jenkins", **_jenkins(environ))
    return None


def _github(environ: Mapping[str, str]) -> dict[str, str | None]:
    # https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    server, repository, run = (environ.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return {
        "name": environ.get("GITHUB_WORKFLOW"),
        "number": environ.get("GITHUB_RUN_NUMBER"),
        "url": f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None,
    }


def _gitlab(environ: Mapping[str, str]) -> dict[str, str | None]:
    # https://docs.gitlab.com/ci/variables/predefined_variables/
    return {
        "name": environ.get("CI_JOB_NAME"),
        "number": environ.get("CI_PIPELINE_IID"),
        "url": environ.get("CI_JOB_URL") or environ.get("CI_PIPELINE_URL"),
    }


def _jenkins(environ: Mapping[str, str]) -> dict[str, str | None]:
    # https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables
    return {"name": environ.get("JOB_NAME"), "number": environ.get("BUILD_NUMBER"), "url": environ.get("BUILD_URL")}


def _told(system: str, kind: str, *, name: str | None, number: str | None, url: str | None) -> dict[str, Any]:
    build = " ".join(text for text in (name, f"#{number}" if number else None) if text)
    order = int(number) if number and number.isascii() and number.isdigit() else None
    told = {"name": system, "type": kind, "buildName": build, "buildOrder": order, "buildUrl": url}
    return {key: value for key, value in told.items() if value}
