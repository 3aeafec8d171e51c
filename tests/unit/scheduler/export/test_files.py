"""What stands in the files of each host."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml

from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.scheduler.export import jenkins, lint, script, systemd, writing
from pytest_synthetic.scheduler.export.batches import batches, shortened
from tests.plans import HARD, MANY, ODD, exported, plan, texts

targets = pytest.mark.parametrize("target", writing.TARGETS)

PROMISES = {
    "github": ("every 5 minutes", "dropped", "60 days", "default branch", "10 GB", "billed"),
    "gitlab": ("not in this file", "every hour in the free tier", "Developer", "starts late"),
    "jenkins": ("TZ=", "H spreads", "first build", "TZ=Europe/Paris"),
    "kubernetes": ("twice", "or not at all", "Forbid", "100 times", "startingDeadlineSeconds"),
    "systemd": ("02:30", "Persistent=false", "KillMode=control-group"),
    "cron": ("flock", "CRON_TZ", "by mail alone", "no time zones"),
}


@targets
def test_the_header_says_what_the_host_cannot_promise(target: str) -> None:
    told = " ".join(" ".join(texts(target).values()).replace("\n#", " ").replace("\n//", " ").split())
    for words in PROMISES[target]:
        assert words in told, words
    assert "HEARTBEAT_URL" in told


@targets
def test_every_file_says_who_wrote_it(target: str) -> None:
    for name, text in texts(target).items():
        assert any("Written by `synthetic export" in line for line in text.splitlines()[:2]), name


@targets
def test_every_journey_is_run_by_plain_pytest(target: str) -> None:
    told = "\n".join(texts(target).values())
    unescaped = told.replace("\\'", "'").replace("\\\\", "\\") if target == "jenkins" else told
    for each in MANY:
        assert script.quoted(each.nodeid) in unescaped, each.nodeid
    for option in ("pytest \\\n", '--synthetic-region "$REGION"', "--alluredir ", "timeout --kill-after=30s "):
        assert option in unescaped


@targets
def test_no_file_holds_the_value_of_a_secret_and_each_has_its_name(target: str) -> None:
    assert "SHOP_PASSWORD" in "\n".join(texts(target).values())


@targets
def test_what_is_not_kept_is_said_in_the_file_and_told(target: str) -> None:
    made = exported(target, HARD)
    told = "\n".join(file.text for file in made.files)
    if target == "systemd":
        assert (made.moved, made.refused) == ((), ())
        assert "counted from the start of the run before" in " ".join(told.replace("\n#", " ").split()).lower()
        return
    assert len(made.moved) == 2
    assert any("test_last" in line for line in made.refused)
    assert "test_last" not in told
    assert told.count("NOT AS MARKED: ") >= 1


@targets
def test_exporting_again_writes_the_same(target: str) -> None:
    assert exported(target) == exported(target, tuple(reversed(MANY)))


@targets
@pytest.mark.parametrize("folder", [".", "tests/journeys"])
def test_our_own_linter_finds_nothing_in_what_we_write(target: str, folder: str, tmp_path: Path) -> None:
    made = exported(target, folder=folder, state="../../.synthetic" if folder != "." else ".synthetic")
    writing.write(made, tmp_path)
    for file in made.files:
        if not file.path.endswith(("Dockerfile", "install.sh")):
            assert lint.look(tmp_path / file.path) == [], file.path


# -- batches ---------------------------------------------------------------------------------------------------------


def test_journeys_of_one_schedule_and_the_same_regions_run_together() -> None:
    found = {batch.name: batch for batch in batches(MANY, together=True)}
    both = found["every-5-min-eu-west-us-east"]
    assert (both.regions, len(both.nodeids), both.browser) == (("eu-west", "us-east"), 2, True)


def test_hosts_of_one_place_have_one_region_each() -> None:
    names = [batch.name for batch in batches(MANY, together=False)]
    assert {"every-5-min-eu-west", "every-5-min-us-east"} <= set(names)
    assert all(len(batch.regions) == 1 for batch in batches(MANY, together=False))


def test_schedules_that_differ_have_names_that_differ() -> None:
    different = [
        Schedule(every=300),
        Schedule(every=300, quiet=("22:00-06:00",)),
        Schedule(every=300, quiet=("22:00-06:00",), timezone="Europe/Paris"),
        Schedule(every=300, spread=False),
        Schedule(every=299.9999),
        Schedule(cron="*/5 * * * *"),
        Schedule(cron="*/5 * * * *", timezone="Europe/Paris"),
    ]
    found = batches([plan(f"a.py::test_{n}", each) for n, each in enumerate(different)], together=True)
    assert len({batch.name for batch in found}) == len(different)


def test_what_makes_no_difference_to_a_host_runs_together() -> None:
    alike = [
        Schedule(every=300),
        Schedule(every=300, timezone="Europe/Paris"),
        Schedule(every=300, max_lateness=60.0),
    ]
    (found,) = batches([plan(f"a.py::test_{n}", each) for n, each in enumerate(alike)], together=True)
    assert len(found.nodeids) == 3


def test_what_has_no_schedule_is_no_batch() -> None:
    assert batches([plan("a.py::test_a", None)], together=True) == ()


def test_names_are_different_for_different_schedules_and_fit_a_cronjob() -> None:
    told = ["0 7 * * 1-5", "0 7 * * 1,5", "0 7 * 1 5", "*/5 * * * *", "5 * * * *", "x" * 90, "every 5 min eu", "é"]
    found = [shortened(text) for text in told]
    assert len(set(found)) == len(told)
    assert all(len(name) <= 40 for name in found)


@pytest.mark.parametrize("region", ["eu west", "a/b", "$(id)", "-x", ""])
def test_a_region_that_cannot_be_a_name_is_refused(region: str) -> None:
    with pytest.raises(UsageError, match="cannot be exported"):
        batches([plan("a.py::test_a", Schedule(every=300), region)], together=True)


def test_a_file_whose_name_cannot_be_shown_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be shown"):
        batches([plan("a\n.py::test_a", Schedule(every=300))], together=True)


# -- host by host ----------------------------------------------------------------------------------------------------


def test_github_has_least_permissions_a_matrix_and_keeps_what_stays() -> None:
    told = yaml.safe_load(texts("github")["synthetic-every-5-min-eu-west-us-east.yml"])
    job = told["jobs"]["journeys"]
    assert told["permissions"] == {"contents": "read"}
    assert "workflow_dispatch" in told[True]
    assert job["strategy"]["matrix"]["region"] == ["eu-west", "us-east"]
    assert job["concurrency"]["cancel-in-progress"] is False
    assert job["timeout-minutes"] == 20
    used = {step["uses"].partition("@")[0]: step for step in job["steps"] if "uses" in step}
    save, restore = used["actions/cache/save"], used["actions/cache/restore"]
    assert save["with"]["key"] == restore["with"]["key"]
    assert restore["with"]["key"].startswith(restore["with"]["restore-keys"])
    assert "github.run_id" in save["with"]["key"]
    assert "always()" in save["if"]
    assert "always()" in used["actions/upload-artifact"]["if"]


def test_github_gives_the_time_zone_where_there_is_one() -> None:
    (told,) = (text for name, text in texts("github").items() if "0-7" in name)
    assert yaml.safe_load(told)[True]["schedule"] == [{"cron": "0 7 * * 1-5", "timezone": "Europe/Paris"}]
    assert "linters of before 2026 refuse it" in " ".join(told.replace("\n#", " ").split())


def test_nothing_in_a_node_id_is_a_value_for_github() -> None:
    told = texts("github")["synthetic-every-5-min-eu-west-us-east.yml"]
    step = next(
        step for step in yaml.safe_load(told)["jobs"]["journeys"]["steps"] if step.get("name") == "Run the journeys"
    )
    assert "${{" not in step["run"]
    assert ODD in shlex.split(step["run"])


def test_a_project_in_a_folder_of_its_repository() -> None:
    told = texts("github", folder="tests/shop", state="../../.synthetic")
    job = yaml.safe_load(told["synthetic-every-5-min-eu-west-us-east.yml"])["jobs"]["journeys"]
    assert job["defaults"]["run"]["working-directory"] == "tests/shop"
    paths = [step["with"]["path"] for step in job["steps"] if "path" in step.get("with", {})]
    assert paths == [".synthetic", ".synthetic", "tests/shop/out"]


def test_kubernetes_bounds_a_run_by_its_interval() -> None:
    _, told = yaml.safe_load_all(texts("kubernetes")["synthetic-every-5-min-eu-west.yaml"])
    job = told["spec"]["jobTemplate"]["spec"]
    assert (job["activeDeadlineSeconds"], told["spec"]["startingDeadlineSeconds"]) == (270, 150)
    assert told["spec"]["concurrencyPolicy"] == "Forbid"
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_quiet_hours_are_asked_for_when_a_run_begins() -> None:
    (told,) = (text for name, text in texts("cron").items() if "quiet" in name)
    assert "clock quiet Europe/Paris 22:00-06:00; then" in told


def test_cron_names_a_zone_only_where_it_counts() -> None:
    told = texts("cron")["synthetic.crontab"].splitlines()
    lines = [line for line in told if line and not line.startswith("#")]
    assert lines[0] == "SHELL=/bin/sh"
    paris, utc = lines.index("CRON_TZ=Europe/Paris"), lines.index("CRON_TZ=UTC")
    assert all("every-5-min" in line or "every-1-h-" in line for line in lines[1:paris])
    assert all(line.endswith("scheduled") for line in lines if line.split()[0] in ("0", "5"))
    assert [line.split()[:5] for line in lines[paris + 1 : utc]] == [["0", "7", "*", "*", "1-5"]]


def test_a_place_with_odd_signs_is_quoted() -> None:
    line = next(line for line in texts("cron", place="/srv/the 5%").values() if "/srv/the" in line and "CRON" in line)
    assert r"'/srv/the 5\%/cron/run-" in line
    assert systemd.unit('/a b/5% $x "y"') == '"/a b/5%% $$x \\"y\\""'
    assert jenkins.groovy("it's a \\ '''") == r"'it\'s a \\ \'\'\''"


def test_only_files_of_an_export_are_replaced(tmp_path: Path) -> None:
    made = exported("jenkins")
    writing.write(made, tmp_path)
    writing.write(made, tmp_path)
    (tmp_path / made.files[-1].path).write_text("pipeline { }")
    (tmp_path / made.files[0].path).unlink()
    with pytest.raises(UsageError, match="no export wrote it"):
        writing.write(made, tmp_path)
    assert not (tmp_path / made.files[0].path).exists()


@targets
def test_files_of_an_earlier_export_are_told(target: str, tmp_path: Path) -> None:
    writing.write(exported(target), tmp_path)
    less = exported(target, MANY[-1:])
    found = {path.relative_to(tmp_path).as_posix() for path in writing.stale(target, less, tmp_path)}
    assert found == {file.path for file in exported(target).files} - {file.path for file in less.files}
