"""Jobs run in real processes, which are killed, stopped, flooded and left behind: nothing is left, and all is told."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_synthetic.config.settings import Isolation, RunnerSettings, Settings
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Outcome, Plan
from pytest_synthetic.scheduler import processes
from pytest_synthetic.scheduler.plain_process import PlainProcess
from pytest_synthetic.scheduler.runner import ProcessRunner, Workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="keepers are Linux's")]

JOURNEYS = """
import atexit, os, random, signal, subprocess, sys, time
import pytest

HERE = os.path.dirname(__file__)
count = 0

def ready(name):
    open(os.path.join(HERE, name), "w").write(str(os.getpid()))

@pytest.mark.journey("Buy")
def test_buy(journey):
    with journey.step("pay"):
        pass

@pytest.mark.journey("Fail")
def test_fail(journey):
    with journey.step("pay"):
        assert 1 == 2, "the cart is empty"

@pytest.mark.journey("Variants")
@pytest.mark.parametrize("number", range(4))
def test_variants(journey, number):
    assert number != 1
    if number == 2:
        with journey.step("wait"):
            ready("variant")
            time.sleep(600)

@pytest.mark.journey("Hang")
def test_hang(journey):
    with journey.step("find"):
        ready("hanging")
        time.sleep(600)

@pytest.mark.journey("Deaf")
def test_deaf(journey):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with journey.step("listen"):
        ready("deaf")
        time.sleep(600)

@pytest.mark.journey("Die")
def test_die(journey):
    with journey.step("die"):
        os.kill(os.getpid(), signal.SIGSEGV)

@pytest.mark.journey("Daemon")
def test_daemon(journey):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.execvpe("sleep", ["sleep", "600"], {"PATH": os.environ["PATH"], "NOBODYS": "child"})
        os._exit(0)

@pytest.mark.journey("Flood")
def test_flood(journey):
    atexit.register(lambda: (sys.stdout.flush(), [os.write(1, b"x" * 99 + b"\\n") for _ in range(60_000)]))

@pytest.mark.journey("Secret")
def test_secret(journey):
    atexit.register(lambda: (sys.stdout.flush(), os.write(1, os.environ["SHOP_PASSWORD"].encode())))

@pytest.mark.journey("State")
def test_state(journey):
    global count
    count += 1
    os.environ["LEFT"] = "behind"
    journey.measure("count", count)
    journey.measure("random", random.random())

@pytest.mark.journey("Page")
def test_page(journey, page):
    page.set_content("<title>Kettles</title>")
    page.route("**/never", lambda route: None)
    ready("page")
    with journey.step("hang"):
        page.evaluate("x = new XMLHttpRequest(); x.open('GET', 'http://shop.test/never', false); x.send()")

@pytest.mark.journey("Driver")
def test_driver(journey, page):
    import psutil
    page.set_content("<title>Kettles</title>")
    with journey.step("stand still"):
        for child in psutil.Process().children():
            child.suspend()
        ready("driver")
        page.title()
"""
SECRET = "kiwi-4711-Quartz"


class Place:
    """A folder of journeys, and a runner for it."""

    def __init__(
        self,
        folder: Path,
        isolation: Isolation,
        environ: dict[str, str] | None = None,
        anew: Callable[[], processes.Process] = processes.begun_anew,
    ) -> None:
        self.folder = folder
        self.said: list[str] = []
        (folder / "test_shop.py").write_text(JOURNEYS, encoding="utf-8")
        settings = Settings(runner=RunnerSettings(isolation=isolation, grace=60.0))
        given = {**os.environ, "SHOP_PASSWORD": SECRET, **(environ or {})}
        self.runner = ProcessRunner(
            Workplace(settings=settings, folder=folder, environ=given), SystemClock(), self.said.append, anew
        )
        self.runner._redactor.declare("SHOP_PASSWORD", SECRET)

    @contextlib.contextmanager
    def impatient(self) -> Iterator[None]:
        """Runs get next to no time to end in order."""
        before = self.runner._at
        settings = before.settings
        self.runner._at = replace(before, settings=replace(settings, runner=replace(settings.runner, grace=1.0)))
        try:
            yield
        finally:
            self.runner._at = before

    def job(self, test: str, limit: float = 60.0) -> Job:
        spec = JourneySpec(id=f"test_shop.{test}", name=test)
        plan = Plan(spec=spec, region="local", nodeid=f"test_shop.py::{test}")
        return Job(id=uuid.uuid4().hex, plan=plan, time_limit=limit)

    def run(self, test: str, limit: float = 60.0) -> Outcome:
        return self.ended(self.job(test, limit))

    def ended(self, job: Job) -> Outcome:
        outcome = self.runner.run(job)
        assert not left_of(job)
        self.runner.delivered(job)
        assert not (self.runner.jobs / job.id).exists()
        return outcome

    def begun(self, test: str, mark: str, then: Callable[[int], object], limit: float = 60.0) -> Outcome:
        """Run a journey, and do something to it as soon as it has left its mark."""
        path = self.folder / mark
        path.unlink(missing_ok=True)
        job = self.job(test, limit)
        done: list[Outcome] = []
        thread = threading.Thread(target=lambda: done.append(self.ended(job)))
        thread.start()
        until(lambda: path.exists() and path.read_text().isdecimal())
        then(int(path.read_text()))
        thread.join()
        (outcome,) = done
        return outcome


def left_of(job: Job) -> list[psutil.Process]:
    """Processes of a job."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(processes.JOB) == job.id:
                found.append(process)
        except psutil.Error:
            continue
    return found


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def verdicts(outcome: Outcome) -> list[str]:
    return [run.verdict.value for run in outcome.runs]


@pytest.fixture(scope="module", params=[Isolation.FORK, pytest.param(Isolation.PROCESS, marks=pytest.mark.stress)])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("shop"), request.param)
    yield made
    assert made.said == []
    made.runner.stop()


@pytest.fixture(scope="module")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("shop"), Isolation.FORK)
    yield made
    made.runner.stop()


# -- what it was, and how it ended -------------------------------------------------------------------------------------


def test_the_record_is_that_of_the_run(place: Place) -> None:
    passed, failed = place.run("test_buy"), place.run("test_fail")

    assert verdicts(passed) == ["passed"]
    assert [step.name for step in passed.runs[0].steps] == ["pay"]
    assert verdicts(failed) == ["failed"]
    assert failed.runs[0].failure
    assert "the cart is empty" in failed.runs[0].failure.claim
    assert "1 failed" in str(failed.log)


def test_a_run_that_takes_too_long_is_ended_in_order(place: Place) -> None:
    (run,) = place.run("test_hang", limit=6.0).runs

    assert (run.verdict, run.fault) == ("broken", "runner")
    assert run.reason == 'stopped after 6 s, its time limit; it was in the step "find"'
    assert run.notes == ()


def test_a_run_that_does_not_listen_is_killed(place: Place) -> None:
    with place.impatient():
        (run,) = place.run("test_deaf", limit=6.0).runs

    assert run.verdict == "broken"
    assert run.reason == 'killed after 6 s, its time limit; it was in the step "listen"'


def test_a_run_that_dies_says_by_what(place: Place) -> None:
    (run,) = place.run("test_die").runs

    assert run.reason == 'pytest died with signal 11 (SIGSEGV); it was in the step "die"'


def test_a_run_that_is_killed_says_so(place: Place) -> None:
    (run,) = place.begun("test_hang", "hanging", lambda pid: os.kill(pid, signal.SIGKILL)).runs

    assert str(run.reason).startswith("pytest died with signal 9 (SIGKILL: perhaps the machine had no memory left)")


def test_a_daemon_that_left_session_parent_and_environment_is_killed_all_the_same(place: Place) -> None:
    (run,) = place.run("test_daemon").runs

    assert run.verdict == "passed"
    assert run.notes == ("left running, and were killed: sleep",)
    assert not [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "600"]]


def test_variants_that_never_ran_are_not_forgotten(place: Place) -> None:
    outcome = place.begun("test_variants", "variant", lambda pid: os.kill(pid, signal.SIGKILL))

    assert verdicts(outcome) == ["passed", "failed", "broken", "broken"]
    assert "in the step" in str(outcome.runs[2].reason)
    assert str(outcome.runs[3].reason).startswith("1 of 4 variants did not run: pytest died")


def test_a_test_that_is_gone(place: Place) -> None:
    (run,) = place.run("test_gone").runs

    assert run.verdict == "broken"
    assert "pytest refused to run it: not found:" in str(run.reason)


def test_a_file_that_cannot_be_read_needs_no_process(place: Place) -> None:
    job = place.job("test_buy")
    job = replace(job, plan=replace(job.plan, unreadable="SyntaxError: line 3"))
    (run,) = place.ended(job).runs

    assert (run.verdict, run.reason) == ("broken", "SyntaxError: line 3")


@pytest.mark.parametrize("name", ["../../x", "", ".", "a/b", "x" * 200])
def test_an_id_that_is_no_name_makes_no_folder(place: Place, name: str) -> None:
    (run,) = place.runner.run(replace(place.job("test_buy"), id=name)).runs

    assert run.verdict == "broken"
    assert "is no id of a job" in str(run.reason)


def test_a_folder_that_is_gone(place: Place, tmp_path: Path) -> None:
    here = Workplace(settings=Settings(), folder=tmp_path / "gone" / "x", environ=dict(os.environ))
    runner = ProcessRunner(here, SystemClock(), print)
    (run,) = runner.run(place.job("test_buy")).runs
    runner.stop()

    assert run.verdict == "broken"


def test_a_flood_fills_no_disk(place: Place) -> None:
    job = place.job("test_flood")
    outcome = place.runner.run(job)
    folder = place.runner.jobs / job.id
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    place.runner.delivered(job)

    assert verdicts(outcome) == ["passed"]
    assert str(outcome.log).endswith("x" * 99)
    assert size < 2_500_000


def test_what_is_secret_is_not_in_the_log(place: Place) -> None:
    outcome = place.run("test_secret")

    assert str(outcome.log).endswith("[redacted:SHOP_PASSWORD]")


def test_temporary_files_go_with_the_job(place: Place) -> None:
    job = place.job("test_buy")
    place.runner.run(job)
    scratch = Path((place.runner.jobs / job.id / "scratch").read_text())
    place.runner.delivered(job)

    assert scratch.name.startswith("synthetic-")
    assert not scratch.exists()


def test_addopts_that_make_no_sense_for_one_run_are_without_effect(place: Place) -> None:
    results = place.folder / "allure-results"
    results.mkdir(exist_ok=True)
    (results / "others.json").write_text("{}")
    ini = place.folder / "pytest.ini"
    ini.write_text("[pytest]\naddopts = -n 2 -x --pdb --lf --sw --alluredir=allure-results --clean-alluredir\n")
    try:
        outcome = place.run("test_fail")
    finally:
        ini.unlink()

    assert verdicts(outcome) == ["failed"]
    assert "workers" not in str(outcome.log)
    assert (results / "others.json").exists()
    assert not (place.folder / ".pytest_cache").exists()


# -- browsers --------------------------------------------------------------------------------------------------------


def test_a_page_that_never_yields(place: Place) -> None:
    with place.impatient():
        outcome = place.begun("test_page", "page", lambda _: None, limit=12.0)

    assert verdicts(outcome) == ["broken"]
    assert 'after 12 s, its time limit; it was in the step "hang"' in str(outcome.runs[0].reason)


def test_a_driver_that_stands_still(place: Place) -> None:
    with place.impatient():
        outcome = place.begun("test_driver", "driver", lambda _: None, limit=12.0)

    assert verdicts(outcome) == ["broken"]
    assert 'killed after 12 s, its time limit; it was in the step "stand still"' in str(outcome.runs[0].reason)


@pytest.mark.parametrize("name", ["chrom", "node"])
def test_a_browser_or_driver_that_is_killed(forking: Place, name: str) -> None:
    def kill(pid: int) -> None:
        family = psutil.Process(pid).children(recursive=True)
        next(process for process in family if process.name().startswith(name)).kill()

    (run,) = forking.begun("test_page", "page", kill).runs

    assert (run.verdict, run.fault) == ("broken", "browser")


# -- those who watch are killed ----------------------------------------------------------------------------------------


def test_a_keeper_that_is_killed_takes_its_run_along(place: Place) -> None:
    (run,) = place.begun("test_hang", "hanging", lambda pid: psutil.Process(pid).parent().kill()).runs  # type: ignore[union-attr]

    assert run.verdict == "broken"
    assert "nobody saw how" in str(run.reason)


def test_a_keeper_stays_when_a_service_manager_ends_all_processes(place: Place) -> None:
    def end(pid: int) -> None:
        psutil.Process(pid).parent().terminate()  # type: ignore[union-attr]
        os.kill(pid, signal.SIGTERM)

    (run,) = place.begun("test_hang", "hanging", end).runs

    assert run.verdict == "broken"
    assert run.failure
    assert (run.failure.type, run.failure.step) == ("KeyboardInterrupt", "find")


def test_runs_go_on_when_the_fork_server_is_killed_and_it_comes_back(forking: Place) -> None:
    def kill(pid: int) -> None:
        server.kill()
        server.wait()
        os.kill(pid, signal.SIGSEGV)

    forking.run("test_buy")
    server = psutil.Process(forking.runner._forks.pid)  # type: ignore[union-attr]
    (run,) = forking.begun("test_hang", "hanging", kill).runs

    assert "signal 11" in str(run.reason)  # so its keeper was there to see it
    assert verdicts(forking.run("test_buy")) == ["passed"]
    assert forking.runner._forks.pid not in {None, server.pid}  # type: ignore[union-attr]


def test_those_that_run_are_asked_to_end_and_no_more_begin(tmp_path: Path) -> None:
    place = Place(tmp_path, Isolation.PROCESS)
    (run,) = place.begun("test_hang", "hanging", lambda _: place.runner.stop()).runs
    (later,) = place.run("test_buy").runs

    assert run.reason == 'stopped before it was over: its runner was asked to end; it was in the step "find"'
    assert later.reason == "its runner was asked to end before the run began"


OWNER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from tests.end_to_end.test_runner import *
place = Place(Path(sys.argv[1]), Isolation(sys.argv[2]))
with place.impatient() if sys.argv[3] == "test_deaf" else contextlib.nullcontext():
    place.runner.run(place.job(sys.argv[3]))
"""


@pytest.mark.parametrize("isolation", [Isolation.FORK, pytest.param(Isolation.PROCESS, marks=pytest.mark.stress)])
@pytest.mark.parametrize(
    ("test", "mark", "how"), [("test_hang", "hanging", "stopped"), ("test_deaf", "deaf", "killed")]
)
def test_a_runner_that_is_killed_leaves_nothing_but_what_is_to_be_told(
    tmp_path: Path, isolation: Isolation, test: str, mark: str, how: str
) -> None:
    root = str(Path(__file__).parents[2])
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path), isolation, test, root])
    until((tmp_path / mark).exists)
    owner.kill()
    owner.wait()
    place = Place(tmp_path, isolation)
    told: list[Outcome] = []

    def found() -> list[Outcome]:
        told.extend(place.runner.left_over())
        return told

    until(found)
    (outcome,) = told

    assert not left_of(outcome.job)
    assert verdicts(outcome) == ["broken"]
    assert str(outcome.runs[0].reason).startswith(f"{how} before it was over: its runner had died")
    place.runner.delivered(outcome.job)
    assert list(place.runner.left_over()) == []
    assert list(place.runner.jobs.iterdir()) == []


def test_what_still_runs_is_not_left_over(place: Place) -> None:
    found: list[Outcome] = []

    def look(pid: int) -> None:
        found.extend(place.runner.left_over())
        os.kill(pid, signal.SIGKILL)

    place.begun("test_hang", "hanging", look)

    assert found == []


def test_folders_let_go_of_their_locks_whichever_thread_delivers(place: Place) -> None:
    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    job = place.job("test_buy")
    place.run("test_buy")
    before = opened()
    thread = threading.Thread(target=lambda: place.runner.run(job))
    thread.start()
    thread.join()
    place.runner.delivered(job)

    assert opened() == before


# -- where there are no keepers ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("shop"), Isolation.PROCESS, anew=PlainProcess)


def test_without_a_keeper_a_run_is_told_as_well(plain: Place) -> None:
    assert verdicts(plain.run("test_buy")) == ["passed"]
    assert verdicts(plain.run("test_fail")) == ["failed"]
    assert "signal 11 (SIGSEGV)" in str(plain.run("test_die").runs[0].reason)
    assert verdicts(plain.run("test_flood")) == ["passed"]


@pytest.mark.stress
def test_without_a_keeper_a_run_is_ended_as_well(plain: Place) -> None:
    (run,) = plain.begun("test_hang", "hanging", lambda _: plain.runner.stop()).runs
    plain.runner._stopped = False
    with plain.impatient():
        (deaf,) = plain.run("test_deaf", limit=6.0).runs
        (driver,) = plain.begun("test_driver", "driver", lambda _: None, limit=12.0).runs

    assert run.reason == 'stopped before it was over: its runner was asked to end; it was in the step "find"'
    assert deaf.reason == 'killed after 6 s, its time limit; it was in the step "listen"'
    assert "killed after 12 s" in str(driver.reason)


# -- what a forked run shares with others: nothing -----------------------------------------------------------------------


def test_a_forked_run_is_as_one_in_a_fresh_process(forking: Place) -> None:
    for test in ("test_buy", "test_fail"):
        job = forking.job(test)
        forked, fresh = forking.ended(job), forking.ended(replace(forking.job(test), isolated=True))
        ours, theirs = (_lasting(outcome) for outcome in (forked, fresh))

        assert ours == theirs


def _lasting(outcome: Outcome) -> tuple[object, ...]:
    """What two runs of one journey have in common."""
    (run,) = outcome.runs
    lines = [line for line in str(outcome.log).splitlines() if " in " not in line and "0x" not in line]
    told = [" ".join(re.sub(r"[0-9.,]+ (?:ms|s|min)\b", "", line).split()) for line in lines]
    same = replace(
        run, run_id="", session_id="", started_at="", duration=None, setup_duration=None, teardown_duration=None,
        steps=tuple(replace(step, start=0, duration=0) for step in run.steps), artifacts=(),
    )  # fmt: skip
    return same, told


def test_no_run_sees_another(forking: Place) -> None:
    runs = [forking.run("test_state").runs[0] for _ in range(3)]
    counts, randoms = (
        [next(m.value for m in run.measurements if m.name == name) for run in runs] for name in ("count", "random")
    )

    assert counts == [1, 1, 1]
    assert len(set(randoms)) == 3


def test_a_file_that_was_edited_is_read_again(forking: Place) -> None:
    file = forking.folder / "test_edited.py"
    job = forking.job("test_it")
    seen = []
    for number in range(3):
        source = f"import pytest\n@pytest.mark.journey('J')\ndef test_it(journey): journey.measure('n', {number})\n"
        file.write_text(source, encoding="utf-8")
        plan = replace(job.plan, nodeid="test_edited.py::test_it")
        (run,) = forking.ended(replace(job, id=uuid.uuid4().hex, plan=plan)).runs
        seen += [measured.value for measured in run.measurements if measured.name == "n"]

    assert seen == [0, 1, 2]


PLUGIN = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"


def test_plugins_that_cannot_be_forked_make_starts_slow_and_no_harm(tmp_path: Path) -> None:
    packages = installed(tmp_path, "restless", PLUGIN)
    place = Place(tmp_path, Isolation.FORK, {"PYTHONPATH": f"{packages}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"})

    assert verdicts(place.run("test_buy")) == ["passed"]
    assert "a plugin has started 1 thread" in place.said[0]
    assert verdicts(place.run("test_buy")) == ["passed"]
    assert len(place.said) == 1


def test_what_is_installed_anew_is_loaded_anew(tmp_path: Path) -> None:
    packages = installed(tmp_path, "own", "import pytest\n@pytest.fixture\ndef own(): return 1\n")
    place = Place(tmp_path, Isolation.FORK, {"PYTHONPATH": f"{packages}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"})
    source = "import pytest\n@pytest.mark.journey('J')\ndef test_it(journey, own): journey.measure('n', own)\n"
    (tmp_path / "test_shop.py").write_text(source, encoding="utf-8")
    seen = [place.run("test_it").runs[0].measurements[-1].value]
    pid = place.runner._forks.pid  # type: ignore[union-attr]
    (packages / "own.py").write_text("import pytest\n@pytest.fixture\ndef own(): return 22\n", encoding="utf-8")
    time.sleep(1.1)  # it looks once a second
    seen.append(place.run("test_it").runs[0].measurements[-1].value)

    assert seen == [1, 22]
    assert place.runner._forks.pid != pid  # type: ignore[union-attr]
    place.runner.stop()


def installed(folder: Path, name: str, source: str) -> Path:
    packages = folder / "site-packages"
    (packages / f"{name}-1.0.dist-info").mkdir(parents=True)
    (packages / f"{name}.py").write_text(source, encoding="utf-8")
    (packages / f"{name}-1.0.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
    (packages / f"{name}-1.0.dist-info" / "entry_points.txt").write_text(f"[pytest11]\n{name} = {name}\n")
    return packages
