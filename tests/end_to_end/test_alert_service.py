"""The thread beside a watcher: from a record in the history to a letter at a real receiver."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from pytest_synthetic.config import files
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.history import database, tables
from pytest_synthetic.history.alert_book import AlertBook
from pytest_synthetic.incidents.service import AlertService
from tests.runs import a_run
from tests.webhooks import Receiver, received

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.run import RunResult

pytestmark = pytest.mark.slow

SETTINGS = """
[history]
url = "{history}"

[alerts.oncall]
to = ["{one}", "{two}"]
secret = "a secret of both"

[policies.all]
failures = 2
"""


OLD_COUNT, NEW_COUNT = "those of before count on", "the new ones count"


class Office:
    """A service with its settings in a file, and what it says."""

    def __init__(self, folder: Path, url: str, one: Receiver, two: Receiver) -> None:
        self.file = folder / "synthetic.toml"
        shown = url.replace("postgresql+psycopg:", "postgresql:")
        self.file.write_text(SETTINGS.format(history=shown, one=one.url, two=two.url), encoding="utf-8")
        self.said: list[str] = []
        self.troubles: dict[str, str | None] = {}
        self.folder = folder

    def opened(self) -> AlertService:
        return AlertService(
            self.read(), self.folder, read=self.read, say=self.said.append, trouble=self.troubles.__setitem__
        )

    def wait_until_settings(self, are: str) -> None:
        """Until those of the file were read again, and what that came to is told."""
        ends = CLOCK.monotonic() + 20
        while are not in (self.troubles.get("settings of alerts", "not read again") or NEW_COUNT):
            assert CLOCK.monotonic() < ends, self.troubles
            time.sleep(0.02)

    def read(self) -> Settings:
        return files.load(self.file, {})


_LATER = count()
CLOCK = SystemClock()


def ran(verdict: str) -> RunResult:
    """A run of now, each a little later than the one before."""
    now = CLOCK.now() + timedelta(milliseconds=next(_LATER))
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return a_run(verdict, reason="the order never came", started_at=stamp, scheduled_at=stamp)


def failed() -> RunResult:
    return ran("failed")


def turns(receiver: Receiver) -> list[str]:
    return [json.loads(body)["turn"] for body in receiver.bodies]


def test_a_page_arrives_at_every_address_and_what_became_of_it_is_kept(
    tmp_path: Path, url: str, history: SqlHistory
) -> None:
    with received() as one, received(500, 200) as two:
        office = Office(tmp_path, url, one, two)
        with office.opened() as service:
            for run in (failed(), failed()):
                history.record([run])
                service.wake()
            one.wait_for(1)
            two.wait_for(2)
        assert turns(one) == ["opened"]
        assert turns(two) == ["opened", "opened"]
        assert two.keys[0] == two.keys[1] != one.keys[0]

    book = AlertBook(history.engine)
    assert book.waiting() == []
    (incident,) = book.incidents()
    assert list(incident.told) == ["oncall"]
    assert office.troubles["alerts"] is None
    assert len(office.said) == 1


def test_of_two_services_one_decides(tmp_path: Path, url: str, history: SqlHistory) -> None:
    with received() as one, received() as two:
        office = Office(tmp_path, url, one, two)
        with office.opened() as service, office.opened() as other:
            history.record([failed(), failed()])
            service.wake()
            other.wake()
            one.wait_for(1)
            two.wait_for(1)
            history.record([failed()])
            service.wake()
            other.wake()
    assert turns(one) == turns(two) == ["opened"]


def test_what_was_decided_before_a_crash_is_sent_by_the_next_one(tmp_path: Path, url: str, history: SqlHistory) -> None:
    with received() as one, received() as two:
        office = Office(tmp_path, url, one, two)
        with office.opened() as service:
            history.record([failed(), failed()])
            service.wake()
            for _ in range(200):  # ends as soon as it is decided, before the letter leaves
                if AlertBook(history.engine).waiting():
                    break
                service.wake()
        with office.opened():
            one.wait_for(1)
            two.wait_for(1)
    assert turns(one) == turns(two) == ["opened"]


def test_an_address_that_is_not_set_is_said_as_it_begins(tmp_path: Path, url: str) -> None:
    with received() as one:
        office = Office(tmp_path, url, one, one)
        office.file.write_text(office.file.read_text(encoding="utf-8").replace(one.url, "${NOT_SET}"), encoding="utf-8")
        with pytest.raises(
            ConfigError, match=r"toml:6: alerts\.oncall\.to: the environment variable NOT_SET is not set"
        ):
            office.opened()


def test_a_verdict_of_a_newer_version_is_told_once_and_alerts_go_on(
    tmp_path: Path, url: str, history: SqlHistory
) -> None:
    history.record([failed(), failed()])
    with database.writing(history.engine) as connection:
        connection.execute(update(tables.run).values(verdict="flaky"))
    with received() as one, received() as two:
        office = Office(tmp_path, url, one, two)
        with office.opened() as service:
            one.wait_for(1)
            history.record([ran("passed"), ran("passed")])
            service.wake()
            one.wait_for(2)
    assert turns(one) == ["opened", "resolved"]
    assert sum("update pytest-synthetic here" in told for told in office.said) == 1
    assert office.troubles["alerts"] is None


@pytest.mark.parametrize("wrong", ["\nnonsense", '\n[alerts.desk]\nto = "${NOT_SET}"'])
def test_settings_that_change_count_and_those_that_cannot_be_read_leave_the_old_ones(
    tmp_path: Path, url: str, history: SqlHistory, wrong: str
) -> None:
    with received() as one, received() as two:
        office = Office(tmp_path, url, one, two)
        good = office.file.read_text(encoding="utf-8")
        with office.opened() as service:
            office.file.write_text(good + wrong, encoding="utf-8")
            office.wait_until_settings(OLD_COUNT)
            history.record([failed(), failed()])
            service.wake()
            one.wait_for(1)

            office.file.write_text(good.replace(f'"{one.url}", ', ""), encoding="utf-8")
            two.wait_for(1)
            office.wait_until_settings(NEW_COUNT)
            history.record([ran("passed"), ran("passed")])
            service.wake()
            two.wait_for(2)
    assert turns(one) == ["opened"]
    assert turns(two) == ["opened", "resolved"]
    assert office.troubles["settings of alerts"] is None


def test_a_secret_of_settings_that_were_read_again_is_in_no_letter(
    tmp_path: Path, url: str, history: SqlHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATER", "the order never came")
    with received() as one, received() as two:
        office = Office(tmp_path, url, one, two)
        with office.opened() as service:
            more = '\nremind = "2h"\n\n[secrets]\nlater = { env = "LATER" }\n'
            office.file.write_text(office.file.read_text(encoding="utf-8") + more, encoding="utf-8")
            office.wait_until_settings(NEW_COUNT)
            history.record([failed(), failed()])
            service.wake()
            one.wait_for(1)
    assert b"the order never came" not in one.bodies[0]
