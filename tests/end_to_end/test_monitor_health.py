"""`/healthz`, `/metrics` and the heartbeat, over real connections: also those of clients that behave badly."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pytest_synthetic.config.settings import WatchSettings
from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.scheduler import health
from pytest_synthetic.scheduler.health import Health
from pytest_synthetic.scheduler.heartbeat import Heartbeat
from pytest_synthetic.scheduler.pulse import Pulse
from pytest_synthetic.testing.clock import FakeClock
from tests.end_to_end.receiver import Answer, Asked, receiver
from tests.runs import a_run


@dataclass(slots=True)
class Monitor:
    """A monitor that is well, on a free port of this machine."""

    port: int = 0
    clock: FakeClock = field(default_factory=FakeClock)
    redactor: Redactor = field(default_factory=Redactor)
    said: list[str] = field(default_factory=list)
    pulse: Pulse = field(init=False)

    def __post_init__(self) -> None:
        self.pulse = Pulse(self.clock, say=self.said.append)
        self.pulse.plans(3, 1)
        self.pulse.turn(self.clock.now())

    def ask(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def healthz(self) -> tuple[int, dict[str, Any]]:
        status, body = self.ask("/healthz")
        return status, json.loads(body)

    def figures(self) -> dict[str, float]:
        status, body = self.ask("/metrics")
        assert status == 200
        families = text_string_to_metric_families(body.decode())
        return {
            f"{sample.name}{sorted(sample.labels.items()) or ''}": sample.value
            for family in families
            for sample in family.samples
        }


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    found = Monitor()
    with Health(("127.0.0.1", 0), found.pulse, found.clock, found.redactor) as server:
        found.port = server.port
        yield found


def connected(monitor: Monitor) -> socket.socket:
    return socket.create_connection(("127.0.0.1", monitor.port), timeout=30)


# -- /healthz --------------------------------------------------------------------------------------------------------


def test_all_is_well(monitor: Monitor) -> None:
    monitor.pulse.missed("checkout", "eu", "it was 3 s too late", kind="late")
    status, told = monitor.healthz()

    assert (status, told["status"], told["wrong"]) == (200, "ok", [])
    assert (told["plans"], told["unreadable"], told["running"]) == (3, 1, None)
    assert told["since"] == told["last_turn"] == "2026-01-01T00:00:00+00:00"
    assert told["missed"][0]["reason"] == "it was 3 s too late"
    assert told["version"]


def test_a_stuck_loop(monitor: Monitor) -> None:
    monitor.clock.advance(61)
    status, told = monitor.healthz()
    assert (status, told["status"]) == (503, "wrong")
    assert told["wrong"] == ["its loop is stuck: it last went round 61 s ago"]

    monitor.pulse.turn(monitor.clock.now())
    assert monitor.healthz()[0] == 200


def test_nothing_to_watch(monitor: Monitor) -> None:
    monitor.pulse.plans(0, 0)
    assert monitor.healthz()[0] == 503


def test_no_secret_is_told(monitor: Monitor) -> None:
    monitor.redactor.declare("db", "hunter2hunter2")
    monitor.pulse.trouble("history", "no way to postgresql://me:hunter2hunter2@db/history")
    monitor.pulse.missed("checkout", "eu", "hunter2hunter2")
    _, body = monitor.ask("/healthz")
    assert b"hunter2" not in body
    assert body.count(b"[redacted:db]") == 2


def test_head_has_no_body(monitor: Monitor) -> None:
    assert monitor.ask("/healthz", "HEAD") == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_reading(monitor: Monitor, method: str) -> None:
    assert monitor.ask("/healthz", method)[0] == 405


@pytest.mark.parametrize("path", ["/", "/healthz/", "/../etc/passwd", "/metrics.html", "http://other/healthz"])
def test_other_pages(monitor: Monitor, path: str) -> None:
    assert monitor.ask(path)[0] == 404


def test_a_question_behind_the_path_is_passed_over(monitor: Monitor) -> None:
    assert monitor.ask("/healthz?verbose=1")[0] == 200


# -- clients ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"GET /\xff\xfe\x00 HTTP/1.1\r\n\r\n",
        b"EXPLODE /healthz HTTP/1.1\r\n\r\n",
    ],
)
def test_nonsense_harms_nobody(monitor: Monitor, sent: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with connected(monitor) as client, contextlib.suppress(ConnectionError):
        client.sendall(sent)
        with contextlib.suppress(OSError):  # ENOTCONN, which is no ConnectionError: the server cut it off before
            client.shutdown(socket.SHUT_WR)
        while client.recv(65_536):
            pass
    assert monitor.healthz()[0] == 200
    assert capfd.readouterr() == ("", "")


def test_whoever_goes_away_harms_nobody(monitor: Monitor, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(20):
        with connected(monitor) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
    assert monitor.healthz()[0] == 200
    assert capfd.readouterr().err == ""


def test_a_silent_client_is_let_go(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health._Handler, "timeout", 0.05)
    with connected(monitor) as client:
        assert client.recv(10) == b""


def test_many_silent_clients_keep_nobody_out(monitor: Monitor) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(monitor)) for _ in range(3 * health.MOST_CONNECTIONS)]
        assert monitor.healthz()[0] == 200
        assert clients[0].recv(10) == b""  # the oldest had to go
        assert threading.active_count() < 3 * health.MOST_CONNECTIONS


def test_many_ask_at_once(monitor: Monitor) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(monitor.healthz()[0])) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 20


def test_a_port_that_is_taken_is_told(monitor: Monitor) -> None:
    second = Health(("127.0.0.1", monitor.port), monitor.pulse, monitor.clock, monitor.redactor)
    with pytest.raises(ConfigError, match=rf"watch.health: nothing can listen on 127.0.0.1:{monitor.port}: Address"):
        second.__enter__()


def test_a_host_that_is_not_this_machine_is_told(monitor: Monitor) -> None:
    for host in ("192.0.2.1", "nowhere.invalid"):
        with pytest.raises(ConfigError, match=r"watch\.health: nothing can listen on"):
            Health((host, 9), monitor.pulse, monitor.clock, monitor.redactor).__enter__()


def test_the_port_is_free_again_after_it() -> None:
    monitor = Monitor()
    for _ in range(2):
        with Health(("127.0.0.1", monitor.port), monitor.pulse, monitor.clock, monitor.redactor) as server:
            monitor.port = server.port
            assert monitor.healthz()[0] == 200
    with pytest.raises(ConnectionRefusedError):
        monitor.healthz()


# -- /metrics --------------------------------------------------------------------------------------------------------


def test_what_is_not_known_has_no_series(monitor: Monitor) -> None:
    figures = monitor.figures()
    assert figures["synthetic_monitor_plans"] == 3
    assert not [name for name in figures if "due" in name or "running" in name or "waiting" in name]


def test_figures(monitor: Monitor) -> None:
    pulse = monitor.pulse
    pulse.due(3)
    pulse.waiting(2)
    pulse.running(1)
    pulse.ran(a_run(region="eu"), 0.2)
    pulse.ran(a_run(Verdict.FAILED, region='a "b"\nc'), 7.0)
    pulse.missed("checkout", "eu", "too late", kind="late")
    pulse.trouble("broker", "refused")
    monitor.clock.advance(30)

    figures = monitor.figures()
    start = 1_767_225_600
    assert figures["synthetic_monitor_healthy"] == 1
    assert figures["synthetic_monitor_start_timestamp_seconds"] == start
    assert figures["synthetic_monitor_last_turn_timestamp_seconds"] == start
    assert figures["synthetic_monitor_ticks_due_total"] == 3
    assert (figures["synthetic_monitor_waiting"], figures["synthetic_monitor_running"]) == (2, 1)
    assert figures["synthetic_monitor_runs_total[('region', 'eu'), ('verdict', 'passed')]"] == 1
    assert figures["synthetic_monitor_runs_total[('region', 'a \"b\" c'), ('verdict', 'failed')]"] == 1
    assert figures["synthetic_monitor_ticks_missed_total[('kind', 'late'), ('region', 'eu')]"] == 1
    assert figures["synthetic_monitor_last_run_timestamp_seconds[('region', 'eu')]"] == start
    assert figures["synthetic_monitor_trouble_seconds[('what', 'broker')]"] == 30
    assert figures["synthetic_monitor_start_lateness_seconds_bucket[('le', '0.1')]"] == 0
    assert figures["synthetic_monitor_start_lateness_seconds_bucket[('le', '0.25')]"] == 1
    assert figures["synthetic_monitor_start_lateness_seconds_bucket[('le', '+Inf')]"] == 2
    assert figures["synthetic_monitor_start_lateness_seconds_sum"] == 7.2
    assert figures["synthetic_monitor_plans_unreadable"] == 1


def test_figures_say_when_something_is_wrong(monitor: Monitor) -> None:
    monitor.clock.advance(61)
    assert monitor.figures()["synthetic_monitor_healthy"] == 0


def test_without_the_package_it_says_what_to_install(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "pytest_synthetic.scheduler.pulse_series", raising=False)
    monkeypatch.delattr("pytest_synthetic.scheduler.pulse_series", raising=False)
    status, body = monitor.ask("/metrics")
    assert (status, body) == (
        501,
        b"/metrics needs prometheus-client. Run: pip install 'pytest-synthetic[metrics]'\n",
    )


# -- the heartbeat ---------------------------------------------------------------------------------------------------


def settings(url: str, *, fail: bool = False) -> WatchSettings:
    return WatchSettings(heartbeat=f"{url}/ping/s3cr3t-t0ken", heartbeat_fail=f"{url}/fail" if fail else None)


def test_it_beats_again_and_again() -> None:
    monitor = Monitor()
    third = threading.Event()

    def answer(_: Asked) -> Answer:
        if len(switch.asked) == 3:
            third.set()
        return 200, b"OK"

    with receiver(answer) as switch, Heartbeat(settings(switch.url), monitor.pulse, monitor.clock, every=0.01):
        assert third.wait(30)
    assert {(each.method, each.path) for each in switch.asked} == {("GET", "/ping/s3cr3t-t0ken")}
    assert monitor.said == []


def test_it_keeps_still_while_something_is_wrong() -> None:
    monitor = Monitor()
    monitor.clock.advance(61)
    with receiver() as switch:
        Heartbeat(settings(switch.url), monitor.pulse, monitor.clock).beat()
        assert switch.asked == []
        monitor.pulse.turn(monitor.clock.now())
        Heartbeat(settings(switch.url), monitor.pulse, monitor.clock).beat()
    assert len(switch.asked) == 1


def test_it_tells_what_is_wrong_where_that_is_asked_for() -> None:
    monitor = Monitor()
    monitor.clock.advance(61)
    with receiver() as switch:
        Heartbeat(settings(switch.url, fail=True), monitor.pulse, monitor.clock).beat()
    assert switch.paths() == ["/fail"]


def test_before_the_first_turn_there_is_nothing_to_tell() -> None:
    clock = FakeClock()
    with receiver() as switch:
        assert not Heartbeat(settings(switch.url, fail=True), Pulse(clock), clock).beat()
    assert switch.asked == []


def test_without_an_address_no_thread_is_started() -> None:
    monitor = Monitor()
    before = threading.active_count()
    with Heartbeat(WatchSettings(), monitor.pulse, monitor.clock):
        assert threading.active_count() == before


def test_a_switch_that_does_not_take_it_is_said_once_and_harms_nothing() -> None:
    monitor = Monitor()
    status = [404]
    with receiver(lambda _: (status[0], b"s3cr3t-t0ken?")) as switch:
        heartbeat = Heartbeat(settings(switch.url), monitor.pulse, monitor.clock)
        for answer in (404, 500, 302, 200):
            status[0] = answer
            heartbeat.beat()
            assert monitor.pulse.report(monitor.clock.now()).healthy
    heartbeat.beat()  # now it is gone
    assert monitor.said == [
        "heartbeat: it answered 404",
        "heartbeat: works again",
        "heartbeat: it cannot be reached: Connection refused",
    ]


def test_a_switch_that_is_silent_is_given_up() -> None:
    monitor = Monitor()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        Heartbeat(settings(url), monitor.pulse, monitor.clock, timeout=0.05).beat()
    assert monitor.said == ["heartbeat: no answer within 0.05 s"]


def test_ending_waits_for_no_switch() -> None:
    monitor = Monitor()
    asked, hold = threading.Event(), threading.Event()

    def answer(_: Asked) -> Answer:
        asked.set()
        hold.wait(30)
        return 200, b""

    with receiver(answer) as switch:
        with Heartbeat(settings(switch.url), monitor.pulse, monitor.clock):
            assert asked.wait(30)
        assert not hold.is_set()
        hold.set()


def test_a_defect_ends_no_heartbeat() -> None:
    monitor = Monitor()
    Heartbeat(WatchSettings(heartbeat="http://exa mple/"), monitor.pulse, monitor.clock).beat()
    assert monitor.said[0].startswith("heartbeat: it cannot be ")
