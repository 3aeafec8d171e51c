from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from pytest_synthetic.channels import browser_setup
from pytest_synthetic.channels.browser_setup import Outcome, Setup, Usable
from pytest_synthetic.errors import BrowserUnavailable

CHROMIUM = Usable(name="chromium", version="150.1", path=None)
OFFLINE = Outcome(well=False, told="Error: getaddrinfo ENOTFOUND cdn.example")
FINE = Outcome(well=True, told="")


@dataclass
class Machine:
    """A machine on which a browser starts once one of `cures` was run."""

    cures: tuple[str, ...] = ()
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    apt: bool = True
    root: bool = True
    ran: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def usable(self) -> Usable:
        if all(any(cure in ran for ran in self.ran) for cure in self.cures):
            return CHROMIUM
        raise BrowserUnavailable("no browser")

    def run(self, command: Sequence[str], _limit: float) -> Outcome:
        self.ran.append(" ".join(command).replace(sys.executable, "python"))
        return next((outcome for part, outcome in self.outcomes.items() if part in self.ran[-1]), FINE)

    def ensure(self) -> Usable:
        which: Callable[[str], str | None] = lambda name: f"/bin/{name}" if self.apt else None  # noqa: E731
        return Setup(self.said.append, usable=self.usable, run=self.run, which=which, root=self.root).ensure()


def test_a_browser_that_starts_is_kept() -> None:
    machine = Machine()
    assert machine.ensure() == CHROMIUM
    assert machine.ran == machine.said == []


def test_playwright_s_own_is_downloaded_first() -> None:
    machine = Machine(cures=("playwright install ",))
    assert machine.ensure() == CHROMIUM
    assert machine.ran == ["python -m playwright install chromium"]


def test_the_libraries_it_needs_follow() -> None:
    machine = Machine(cures=("playwright install ", "install-deps"))
    assert machine.ensure() == CHROMIUM
    assert machine.ran[-1] == "python -m playwright install-deps chromium"


def test_without_root_the_libraries_are_named() -> None:
    with pytest.raises(BrowserUnavailable, match=r"Run as root: .* -m playwright install-deps chromium"):
        Machine(cures=("install-deps",), root=False).ensure()


def test_where_it_cannot_be_downloaded_debian_s_is_installed() -> None:
    machine = Machine(cures=("apt-get install",), outcomes={"playwright": OFFLINE})
    assert machine.ensure() == CHROMIUM
    assert machine.ran[1:] == ["apt-get update", "apt-get install --yes --no-install-recommends chromium"]
    assert "That download is not possible: Error: getaddrinfo ENOTFOUND cdn.example" in machine.said


@pytest.mark.parametrize(
    ("machine", "told"),
    [
        (Machine(root=False), "sudo apt-get update && sudo apt-get install chromium"),
        (Machine(apt=False), "Install Chromium, Chrome or Edge by hand"),
        (Machine(outcomes={"apt-get install": Outcome(well=False, told="E: no such package")}), "E: no such package"),
    ],
)
def test_what_is_left_to_people_is_said(machine: Machine, told: str) -> None:
    machine.cures = ("nothing",)
    machine.outcomes |= {"playwright": OFFLINE}
    with pytest.raises(BrowserUnavailable) as error:
        machine.ensure()
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("program", "outcome"),
    [
        ("print('one'); print('two')", Outcome(well=True, told="two")),
        ("print('Error: why'); print('at x.js:1'); raise SystemExit(1)", Outcome(well=False, told="Error: why")),
        ("raise SystemExit(1)", Outcome(well=False, told="")),
    ],
)
def test_a_command_s_outcome(program: str, outcome: Outcome) -> None:
    assert browser_setup.run([sys.executable, "-c", program], 30) == outcome


def test_a_command_that_is_not_there() -> None:
    assert browser_setup.run(["no-such-command"], 5) == Outcome(
        well=False, told="no-such-command: No such file or directory"
    )


def test_a_command_that_does_not_end_is_killed() -> None:
    started = time.monotonic()
    assert browser_setup.run(["sh", "-c", "sleep 60; true"], 0.2).told == "not done after 0.2 s"
    assert time.monotonic() - started < 30


def test_where_a_browser_was_found_is_shown() -> None:
    assert str(CHROMIUM) == "chromium 150.1, Playwright's own"
    assert str(Usable(name="chromium", version="1", path="/usr/bin/chromium")) == "chromium 1, /usr/bin/chromium"
