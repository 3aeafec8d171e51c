"""What a run creates: noted before the journey goes on, removed when it ends; and what earlier runs left behind."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core import ledger
from pytest_synthetic.errors import HistoryUnavailable, JourneyError, LedgerUnavailable
from pytest_synthetic.plugin import sharing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.core.ports import HeldRun, Ledger
    from pytest_synthetic.ledger.removing import Remover
    from pytest_synthetic.model.created import Created, Entry, Request
    from pytest_synthetic.model.journey import JourneySpec
    from pytest_synthetic.model.region import Region
    from pytest_synthetic.plugin.session import Session

AWAY = pytest.StashKey[bool]()
"""The ledger that machines share could not be written in this session."""


class CreatedByRun:
    """The ledger of one run. Nothing is imported or opened until the run creates something."""

    def __init__(self, session: Session, item: pytest.Item, *, run_id: str, spec: JourneySpec, region: Region) -> None:
        """The run has created nothing yet."""
        self._session = session
        self._item = item
        self._run_id = run_id
        self._journey = spec.name
        self._region = region.name
        self._held: dict[str, HeldRun] = {}
        self._waiting: list[tuple[HeldRun, Entry]] = []
        self._said: list[str] = []

    def created(self, kind: str, identity: object, remove: Request | str) -> None:
        """Note an object. Raises JourneyError, ConfigError, GuardRefused or LedgerUnavailable."""
        from pytest_synthetic.core import registry
        from pytest_synthetic.ledger import removing

        now = self._session.clock.now()
        entry = ledger.entry(
            kind, identity, remove, run_id=self._run_id, journey=self._journey, region=self._region, now=now
        )
        if entry.remover:
            where = f"{ledger.named(entry)} is not in the ledger, remove it by hand: remove={entry.remover!r}"
            registry.load(removing.REMOVERS, entry.remover, where=where)
        if entry.request:
            self._judge(entry.request, ledger.named(entry))
        try:
            held, noted = self._noted(ledger.for_the_file(entry, self._session.redactor.text))
        except OSError as error:
            failed = self._remover().remove(entry)
            folder = sharing.own_ledger(self._session).where
            raise LedgerUnavailable(
                f"{folder} cannot be written: {ledger.why(error, folder)}. "
                f"{ledger.named(entry)} was removed again"
                + (f" in vain: {failed.reason}. Remove it by hand." if failed else ".")
                + " A journey must not create what nobody could remove: mend the folder, then run it again"
            ) from None
        self._waiting.append((held, replace(noted, created=entry)))

    def _noted(self, created: Created) -> tuple[HeldRun, Entry]:
        """Note an object where all machines find it, or else where this one does. Raises OSError."""
        shared = None if AWAY in self._session.config.stash else sharing.ledger(self._session)
        if shared:
            try:
                return self._noted_in(shared, created)
            except HistoryUnavailable as error:
                self._session.config.stash[AWAY] = True  # a server that is down costs its time-out once
                self._said.append(
                    f"{shared.where} cannot note what runs create: {ledger.why(error, shared.where)}. It is noted on "
                    f"this machine, in {sharing.ledger_folder(self._session)}, where `synthetic cleanup` finds it"
                )
        return self._noted_in(sharing.own_ledger(self._session), created)

    def _noted_in(self, place: Ledger, created: Created) -> tuple[HeldRun, Entry]:
        if place.where not in self._held:
            self._held[place.where] = place.begin(self._run_id)
        held = self._held[place.where]
        return held, held.note(created)

    def _judge(self, request: Request, name: str) -> None:
        """Raise GuardRefused for a removal that [production] does not allow: now somebody can mend the journey."""
        from pytest_synthetic.ledger import removing
        from pytest_synthetic.plugin import guarding

        guard = guarding.guard_of(self._item, self._session)
        if guard and (refused := guard.removal_refusal(removing.asked(request), name)):
            raise refused

    def removed(self, kind: str, identity: object) -> None:
        """Strike out an object that the run removed itself. Raises JourneyError for one it did not create."""
        gone = [
            (held, one) for held, one in self._waiting if (one.created.kind, one.created.identity) == (kind, identity)
        ]
        if not gone:
            there = ", ".join(ledger.named(one.created) for _, one in self._waiting) or "nothing"
            told = f"journey.removed({kind!r}, {ledger.shown(identity)}): this run created {there}"
            raise JourneyError(told)
        for held, one in gone:
            self._waiting.remove((held, one))
            with suppress(*ledger.AWAY):  # whoever tries to remove it later finds it gone
                held.settle(one, None)

    def remove(self, complaints: list[str]) -> None:
        """Try once to remove what is there, newest first; what is left is told in `complaints`."""
        if not self._waiting:
            return
        remover = self._remover()
        while self._waiting:
            held, one = self._waiting.pop()
            name = ledger.named(one.created)
            try:
                failed = remover.settle(held, one)
            except ledger.AWAY as error:
                complaints.append(f"the removal of {name} could not be noted: {ledger.why(error, one.where)}")
                continue
            if failed:
                complaints.append(f"{name} could not be removed: {failed.reason}")

    def close(self, complaints: list[str]) -> None:
        """Remove what was created since, and leave the rest to `synthetic cleanup`."""
        self.remove(complaints)
        while self._held:
            self._held.popitem()[1].release()
        complaints += self._said
        self._said.clear()

    def _remover(self) -> Remover:
        from pytest_synthetic.ledger.removing import Remover

        session = self._session
        return Remover(session.settings, os.environ, session.clock, session.redactor.text)


class Leftovers:
    """Tells at the end of a session what runs created and nobody removed."""

    def __init__(self, session: Session) -> None:
        """Look at nothing yet."""
        self._session = session

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write one line, below the journeys, when there is something."""
        objects: list[str] = []
        damaged = 0
        for place in self._places():
            try:
                objects += [ledger.left(entry.created, entry.failed) for entry in place.left()]
                damaged += len(place.damaged())
            except ledger.AWAY as error:
                told = (
                    f"{place.where} cannot be read: {ledger.why(error, place.where)}. What runs created may still exist"
                )
                terminalreporter.write_line(f"note: {told}", yellow=True)
        if left := ledger.summary(objects, damaged, self._command()):
            terminalreporter.write_line(f"note: {left}", yellow=True)

    def _places(self) -> Iterator[Ledger]:
        """The ledgers that may hold something; the one that machines share is asked after a run alone."""
        if _may_hold_something(sharing.ledger_folder(self._session)):
            yield sharing.own_ledger(self._session)
        config = self._session.config
        ran = config.pluginmanager.getplugin("synthetic-sink").has_runs
        if ran and AWAY not in config.stash and (shared := sharing.ledger(self._session)):
            yield shared

    def _command(self) -> str:
        config = self._session.config.getoption("synthetic_config")
        return "synthetic cleanup" + (f" --config {shlex.quote(config)}" if config else "")


def _may_hold_something(folder: Path) -> bool:
    try:
        return any(name.endswith((".json", ".damaged")) for name in os.listdir(folder))  # noqa: PTH208  cheapest
    except FileNotFoundError:
        return False
    except OSError:
        return True
