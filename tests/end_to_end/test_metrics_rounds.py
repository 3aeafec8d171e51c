"""Receivers without a session of pytest: rounds of runs, for as long as a process lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.config.settings import MetricsSettings, PushSettings, PushTo, Settings
from pytest_synthetic.core import unrun
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.model.plan import Plan
from pytest_synthetic.reports.receivers import Rounds, are_asked_for
from pytest_synthetic.testing import FakeClock
from tests.end_to_end.receiver import receiver
from tests.runs import NOON, a_run

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Plan(spec=JourneySpec(id="test_shop.test_checkout", name="Checkout"), region="eu-west", nodeid="t.py::test_it")


def page(url: str, name: str = "page") -> PushSettings:
    return PushSettings(name=name, to=PushTo.UPTIME_KUMA, url=url, token="abc", journey="Checkout")


def test_each_round_adds_to_the_file(tmp_path: Path) -> None:
    settings = Settings(metrics=MetricsSettings(prometheus="runs.prom"))
    said: list[str] = []
    rounds = Rounds(settings, tmp_path, FakeClock(now=NOON), said.append)
    for number in range(3):
        rounds.deliver([a_run(minutes=number), a_run(minutes=number, attempt=2)])
    rounds.deliver([])
    text = (tmp_path / "runs.prom").read_text()
    (line,) = [line for line in text.splitlines() if "runs_total" in line and 'verdict="passed"' in line]
    assert line.endswith(" 3.0")
    assert said == []
    assert are_asked_for(settings)
    assert not are_asked_for(Settings())


def test_what_never_ran_is_not_pushed(tmp_path: Path) -> None:
    with receiver(lambda _: (200, b'{"ok": true}')) as server:
        settings = Settings(metrics=MetricsSettings(push={"page": page(server.url)}))
        rounds = Rounds(settings, tmp_path, FakeClock(), print)
        rounds.deliver([unrun.missed(PLAN, NOON, "too late"), unrun.broken(PLAN, NOON, NOON, "it was killed")])
        rounds.deliver([a_run("failed", duration=None), a_run("passed", attempt=2)])
        assert [each.query["status"] for each in server.asked] == ["down"]


def test_a_receiver_that_is_away_is_told_once_and_tried_in_each_round(tmp_path: Path) -> None:
    with receiver(lambda _: (503, b"")) as server:
        said: list[str] = []
        settings = Settings(metrics=MetricsSettings(push={"page": page(server.url)}))
        rounds = Rounds(settings, tmp_path, FakeClock(), said.append)
        for number in range(4):
            rounds.deliver([a_run()] * (1 + number % 2))
        assert len(server.asked) >= 4
    (told,) = said
    assert told.startswith("metrics: Uptime Kuma at http")
    assert "it answered 503" in told
