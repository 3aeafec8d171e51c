"""What a run creates: noted before the journey goes on, removed when it ends; and what earlier runs left behind."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config import folders
from pytest_synthetic.core import ledger
from pytest_synthetic.errors import JourneyError, LedgerUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.ledger.ledger_files import Entry, HeldRun
    from pytest_synthetic.ledger.removing import Remover
    from pytest_synthetic.model.created import Request
    from pytest_synthetic.model.journey import JourneySpec
    from pytest_synthetic.model.region import Region
    from pytest_synthetic.plugin.session import Session


class CreatedByRun:
    """The ledger of one run. Nothing is imported or opened until the run creates something."""

    def __init__(self, session: Session, item: pytest.Item, *, run_id: str, spec: JourneySpec, region: Region) -> None:
        """The run has created nothing yet."""
        self._session = session
        self._item = item
        self._run_id = run_id
        self._journey = spec.name
        self._region = region.name
        self._held: HeldRun | None = None
        self._waiting: list[Entry] = []

    def created(self, kind: str, identity: object, remove: Request | str) -> None:
        """Note an object. Raises JourneyError, ConfigError, GuardRefused or LedgerUnavailable."""
        from pytest_synthetic.core import registry
        from pytest_synthetic.ledger import ledger_files, removing

        now = self._session.clock.now()
        entry = ledger.entry(
            kind, identity, remove, run_id=self._run_id, journey=self._journey, region=self._region, now=now
        )
        if entry.remover:
            where = f"{ledger.named(entry)} is not in the ledger, remove it by hand: remove={entry.remover!r}"
            registry.load(removing.REMOVERS, entry.remover, where=where)
        if entry.request:
            self._judge(entry.request, ledger.named(entry))
        folder = _folder(self._session)
        try:
            self._held = self._held or ledger_files.begin(folder, self._run_id)
            noted = self._held.note(ledger.for_the_file(entry, self._session.redactor.text))
        except OSError as error:
            failed = self._remover().remove(entry)
            raise LedgerUnavailable(
                f"{folder} cannot be written: {error.strerror or error}. {ledger.named(entry)} was removed again"
                + (f" in vain: {failed.reason}. Remove it by hand." if failed else ".")
                + " A journey must not create what nobody could remove: mend the folder, then run it again"
            ) from None
        self._waiting.append(ledger_files.Entry(path=noted.path, created=entry))

    def _judge(self, request: Request, name: str) -> None:
        """Raise GuardRefused for a removal that [production] does not allow: now somebody can mend the journey."""
        from pytest_synthetic.ledger import removing
        from pytest_synthetic.plugin import guarding

        guard = guarding.guard_of(self._item, self._session)
        if guard and (refused := guard.removal_refusal(removing.asked(request), name)):
            raise refused

    def removed(self, kind: str, identity: object) -> None:
        """Strike out an object that the run removed itself. Raises JourneyError for one it did not create."""
        gone = [one for one in self._waiting if (one.created.kind, one.created.identity) == (kind, identity)]
        if not gone:
            there = ", ".join(ledger.named(one.created) for one in self._waiting) or "nothing"
            told = f"journey.removed({kind!r}, {ledger.shown(identity)}): this run created {there}"
            raise JourneyError(told)
        for one in gone:
            self._waiting.remove(one)
            if self._held:
                with suppress(OSError):  # whoever tries to remove it later finds it gone
                    self._held.settle(one, None)

    def remove(self, complaints: list[str]) -> None:
        """Try once to remove what is there, newest first; what is left is told in `complaints`."""
        if self._held is None or not self._waiting:
            return
        remover = self._remover()
        while self._waiting:
            one = self._waiting.pop()
            name = ledger.named(one.created)
            try:
                failed = remover.settle(self._held, one)
            except OSError as error:
                complaints.append(f"the removal of {name} could not be noted: {error.strerror or error}")
                continue
            if failed:
                complaints.append(f"{name} could not be removed: {failed.reason}")

    def close(self, complaints: list[str]) -> None:
        """Remove what was created since, and leave the rest to `synthetic cleanup`."""
        self.remove(complaints)
        if self._held:
            self._held.release()
            self._held = None

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
        folder = _folder(self._session)
        try:
            if not any(name.endswith((".json", ".damaged")) for name in os.listdir(folder)):  # noqa: PTH208  cheapest
                return
            told = _left(folder, self._session.config.getoption("synthetic_config"))
        except FileNotFoundError:
            return
        except OSError as error:
            told = f"{folder} cannot be read: {error.strerror or error}. What runs created may still exist"
        if told:
            terminalreporter.write_line(f"note: {told}", yellow=True)


def _left(folder: Path, config: str | None) -> str | None:
    """What is left by runs that are over, in one line."""
    from pytest_synthetic.ledger import ledger_files

    objects = []
    for run_id in ledger_files.runs(folder):
        if held := ledger_files.hold(folder, run_id):
            with held:
                objects += [ledger.left(entry.created, entry.failed) for entry in held.entries()]
    command = "synthetic cleanup" + (f" --config {shlex.quote(config)}" if config else "")
    return ledger.summary(objects, len(ledger_files.damaged(folder)), command)


def _folder(session: Session) -> Path:
    return folders.folder_of("created", session.settings.source, session.config.rootpath)
