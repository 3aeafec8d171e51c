"""A dead own network is told from a dead product, with real servers, dead ports and proxies."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from pytest_synthetic.config.settings import ControlSettings, Settings
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.unrun import stamp
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Job, Outcome, Plan
from pytest_synthetic.model.region import Region
from pytest_synthetic.model.run import Failure, RunResult
from pytest_synthetic.model.sla import Sla
from pytest_synthetic.model.verdict import Fault, Verdict
from pytest_synthetic.scheduler.control import Controlled
from pytest_synthetic.testing.clock import FakeClock
from tests.end_to_end.receiver import Answer, Asked, receiver
from tests.runs import a_run, a_step

CLAIM = "expected 'Thank you', got 'This site cannot be reached'"
FAILURE = Failure(
    type="AssertionError",
    message=CLAIM,
    claim=CLAIM,
    fault=Fault.PRODUCT,
    reason="a claim of the journey does not hold",
    phase="call",
    step="pay",
    frame="test_shop.py:3 in test_checkout",
    fingerprint="1f",
)


class Records:
    """A runner that gives what it was handed: the records of one job after the other."""

    def __init__(self, clock: FakeClock | SystemClock) -> None:
        self.clock = clock
        self.verdicts: tuple[Verdict, ...] = ()
        self.lasts = 2.0
        self.stopped = False
        self.forgotten: list[Job] = []
        self.ended: Callable[[], object] = lambda: None

    def run(self, job: Job) -> Outcome:
        runs = tuple(self._variant(verdict) for verdict in self.verdicts)
        self.ended()
        return Outcome(job=job, runs=runs)

    def _variant(self, verdict: Verdict) -> RunResult:
        began = stamp(self.clock.now())
        if isinstance(self.clock, FakeClock):
            self.clock.advance(self.lasts)
        return self._record(verdict, began)

    def _record(self, verdict: Verdict, began: str) -> RunResult:
        failed = verdict is Verdict.FAILED
        steps = (a_step("pay", verdict=verdict, failure=FAILURE if failed else None),)
        return a_run(
            verdict,
            started_at=began,
            duration=self.lasts,
            setup_duration=None,
            teardown_duration=None,
            fault=Fault.PRODUCT if failed else None,
            failure=FAILURE if failed else None,
            steps=steps,
        )

    def delivered(self, job: Job) -> None:
        self.forgotten.append(job)

    def left_over(self) -> Iterable[Outcome]:
        return [self.run(a_job())]

    def stop(self) -> None:
        self.stopped = True


def a_job(region: str = "local", *, browser: bool = False) -> Job:
    spec = JourneySpec(id="test_checkout", name="Checkout", sla=Sla())
    return Job(id="1", plan=Plan(spec=spec, region=region, nodeid="test_shop.py::test_checkout", browser=browser))


class Desk:
    """One Controlled over `Records`, and what it said."""

    def __init__(
        self,
        *urls: str,
        regions: tuple[Region, ...] = (),
        clock: FakeClock | SystemClock | None = None,
        timeout: float = 5.0,
    ) -> None:
        self.clock = clock or FakeClock()
        self.records = Records(self.clock)
        self.troubles: dict[str, str | None] = {}
        settings = Settings(regions={region.name: region for region in regions})
        if urls:
            settings = replace(settings, control=ControlSettings(url=urls, timeout=timeout))
        self.controlled = Controlled(self.records, settings, self.clock, trouble=self.troubles.__setitem__, between=0.0)

    def run(self, *verdicts: Verdict, region: str = "local", browser: bool = False) -> tuple[RunResult, ...]:
        self.records.verdicts = verdicts
        return self.controlled.run(a_job(region, browser=browser)).runs

    def fails(self, region: str = "local", *, browser: bool = False) -> RunResult:
        (run,) = self.run(Verdict.FAILED, region=region, browser=browser)
        return run

    def passes(self, region: str = "local") -> None:
        self.run(Verdict.PASSED, region=region)


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def dead() -> str:
    """The address of a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_without_the_table_nothing_changes() -> None:
    assert Desk().fails().verdict is Verdict.FAILED


def test_the_control_target_answers() -> None:
    with receiver() as control:
        desk = Desk(f"{control.url}/up")
        run = desk.fails()

    assert (run.verdict, run.fault, run.notes) == (Verdict.FAILED, Fault.PRODUCT, ())
    assert control.paths() == ["/up"]
    assert desk.troubles == {"control from local": None}


@pytest.mark.parametrize("status", [200, 204, 302, 403, 404])
def test_any_answer_below_500_is_one(status: int) -> None:
    with receiver(lambda _: (status, b"")) as control:
        assert Desk(control.url).fails().verdict is Verdict.FAILED


def test_nothing_answers(dead: str) -> None:
    desk = Desk(dead)
    run = desk.fails()

    assert (run.verdict, run.fault) == (Verdict.BROKEN, Fault.NETWORK)
    assert run.reason == (
        'it cannot be told whether the product works: from region "local" the control target did not answer either '
        "(127.0.0.1: it refused the connection)"
    )
    assert run.notes == (f"before the control target was asked, the run was failed: {CLAIM}",)
    assert run.failure
    assert (run.failure.claim, run.failure.fault, run.failure.reason) == (run.reason, Fault.NETWORK, run.reason)
    assert (run.failure.message, run.failure.frame) == (CLAIM, FAILURE.frame)
    assert run.steps[0].verdict is Verdict.BROKEN
    assert run.steps[0].failure
    assert run.steps[0].failure.fault is Fault.NETWORK
    assert desk.troubles == {"control from local": "no answer from 127.0.0.1: it refused the connection"}
    assert RunResult.from_json(run.to_json()) == run


def test_a_target_in_trouble_is_asked_twice() -> None:
    answers = iter([(503, b""), (200, b"")])
    with receiver(lambda _: next(answers)) as control:
        assert Desk(control.url).fails().verdict is Verdict.FAILED
    assert len(control.asked) == 2


def test_a_target_that_answers_with_errors_is_silent() -> None:
    with receiver(lambda _: (503, b"")) as control:
        run = Desk(control.url).fails()
    assert run.verdict is Verdict.BROKEN
    assert "it answered with status 503" in (run.reason or "")
    assert len(control.asked) == 2


def test_a_redirect_is_an_answer_and_is_not_followed(dead: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.recv(10_000)
                client.sendall(f"HTTP/1.1 302 Found\r\nLocation: {dead}/login\r\nContent-Length: 0\r\n\r\n".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        assert Desk(f"http://127.0.0.1:{server.getsockname()[1]}").fails().verdict is Verdict.FAILED
        thread.join()


def test_a_target_that_says_nothing_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        run = Desk(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout=0.1).fails()
    assert (run.verdict, run.fault) == (Verdict.BROKEN, Fault.NETWORK)
    assert "it did not finish its answer before the deadline" in (run.reason or "")


def test_a_page_in_the_way_cannot_speak_for_a_target_with_tls() -> None:
    with receiver(lambda _: (200, b"please log in")) as portal:
        run = Desk(portal.url.replace("http:", "https:")).fails()
    assert run.verdict is Verdict.BROKEN


def test_one_of_several_targets_is_enough(dead: str) -> None:
    with receiver() as control:
        assert Desk(dead, control.url).fails().verdict is Verdict.FAILED


def test_only_failed_runs_are_judged(dead: str) -> None:
    desk = Desk(dead)
    others = tuple(verdict for verdict in Verdict if verdict not in (Verdict.FAILED, Verdict.PASSED, Verdict.DEGRADED))
    assert tuple(run.verdict for run in desk.run(*others)) == others
    assert not desk.troubles


def test_a_journey_that_passed_meanwhile_shows_that_the_network_lives(dead: str) -> None:
    desk = Desk(dead)
    first, second = desk.run(Verdict.FAILED, Verdict.DEGRADED)
    assert (first.verdict, second.verdict) == (Verdict.FAILED, Verdict.DEGRADED)
    assert not desk.troubles  # not even asked


def test_a_variant_that_passed_before_this_one_began_shows_nothing(dead: str) -> None:
    first, second = Desk(dead).run(Verdict.PASSED, Verdict.FAILED)
    assert (first.verdict, second.verdict) == (Verdict.PASSED, Verdict.BROKEN)


def test_a_journey_that_passed_before_shows_nothing(dead: str) -> None:
    desk = Desk(dead)
    desk.passes()
    assert isinstance(desk.clock, FakeClock)
    desk.clock.advance(1)
    assert desk.fails().verdict is Verdict.BROKEN


def test_a_journey_that_passed_elsewhere_shows_nothing(dead: str) -> None:
    with receiver() as proxy:
        desk = Desk(dead, regions=(Region(name="eu", proxy=proxy.url),))
        desk.passes("eu")
        assert desk.fails().verdict is Verdict.BROKEN


def test_the_region_s_own_way_out_is_taken(dead: str) -> None:
    with receiver() as proxy:
        desk = Desk("http://control.invalid/up", regions=(Region(name="eu", proxy=proxy.url),))
        assert desk.fails("eu").verdict is Verdict.FAILED
        assert proxy.paths() == ["/up"]
        assert desk.fails().verdict is Verdict.BROKEN  # from here, no such name is known


def test_a_proxy_that_is_down_is_the_region_s_fault(dead: str) -> None:
    with receiver() as control:
        run = Desk(control.url, regions=(Region(name="eu", proxy=dead),)).fails("eu")

    assert (run.verdict, run.fault) == (Verdict.BROKEN, Fault.REGION)
    assert "the region's proxy does not open the way" in (run.reason or "")
    assert control.asked == []


def test_a_proxy_that_wants_a_login_does_not_open_the_way() -> None:
    with receiver(lambda _: (407, b"")) as proxy:
        run = Desk("http://control.invalid/", regions=(Region(name="eu", proxy=proxy.url),)).fails("eu")
    assert (run.verdict, run.fault) == (Verdict.BROKEN, Fault.REGION)


def test_a_browser_elsewhere_has_a_way_out_that_cannot_be_asked(dead: str) -> None:
    far = Region(name="far", playwright_server="ws://far.invalid/", proxy=dead)
    desk = Desk(dead, regions=(far, Region(name="bare", cdp_endpoint="http://far.invalid/")))

    assert desk.fails("far", browser=True).verdict is Verdict.FAILED
    assert desk.fails("bare", browser=True).verdict is Verdict.FAILED
    assert desk.fails("far").verdict is Verdict.BROKEN  # `api` leaves from here, through the proxy


def test_silence_does_not_count_for_runs_that_begin_later() -> None:
    with receiver(lambda _: (503, b"")) as control:
        desk = Desk(control.url)
        desk.fails()
        desk.fails()
    assert len(control.asked) == 4


def test_200_failures_cost_one_probe() -> None:
    all_ended = threading.Event()
    together = threading.Barrier(200, action=all_ended.set)

    def answer(_: Asked) -> Answer:
        all_ended.wait(30)
        return 503, b""

    found: list[Verdict] = []
    with receiver(answer) as control:
        desk = Desk(control.url, clock=SystemClock(), timeout=30.0)
        desk.records.verdicts = (Verdict.FAILED,)
        desk.records.ended = lambda: together.wait(60)
        threads = [
            threading.Thread(target=lambda: found.append(desk.controlled.run(a_job()).runs[0].verdict))
            for _ in range(200)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert found == [Verdict.BROKEN] * 200
    assert len(control.asked) == 2  # two tries


def test_a_target_that_is_silent_while_journeys_pass_says_nothing(dead: str) -> None:
    desk = Desk(dead)
    assert isinstance(desk.clock, FakeClock)
    for _ in range(2):
        desk.passes()
        desk.clock.advance(30)
    assert "it is silent while journeys pass" in (desk.troubles["control from local"] or "")

    run = desk.fails()
    assert run.verdict is Verdict.FAILED
    assert run.notes == (
        "the control target says nothing, it was silent while journeys passed: 127.0.0.1: it refused the connection",
    )


def test_it_is_believed_again_when_it_answers() -> None:
    status = [503]
    with receiver(lambda _: (status[0], b"")) as control:
        desk = Desk(control.url)
        assert isinstance(desk.clock, FakeClock)
        for _ in range(2):
            desk.passes()
            desk.clock.advance(30)
        status[0] = 200
        assert desk.fails().verdict is Verdict.FAILED
        assert desk.troubles == {"control from local": None}
        status[0] = 503
        desk.clock.advance(30)
        assert desk.fails().verdict is Verdict.BROKEN


def test_a_target_that_answers_is_seldom_asked_while_journeys_pass() -> None:
    with receiver() as control:
        desk = Desk(control.url)
        assert isinstance(desk.clock, FakeClock)
        for _ in range(20):
            desk.passes()
            desk.clock.advance(58)
        assert len(control.asked) == 2


def test_all_else_goes_on_to_the_runner(dead: str) -> None:
    desk = Desk(dead)
    desk.records.verdicts = (Verdict.FAILED,)
    (left,) = desk.controlled.left_over()
    assert left.runs[0].verdict is Verdict.FAILED  # nobody knows how the network was then
    desk.controlled.delivered(left.job)
    desk.controlled.stop()
    assert (desk.records.forgotten, desk.records.stopped) == ([left.job], True)
