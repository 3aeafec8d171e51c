"""Evidence of a run: gathered when its verdict is known, while its pages are still open."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_synthetic.channels.page_state import Budget
from pytest_synthetic.config import folders
from pytest_synthetic.config.settings import EvidenceMode, TraceMode
from pytest_synthetic.core.plaintext import plain
from pytest_synthetic.plugin import films
from pytest_synthetic.plugin.films import Films
from pytest_synthetic.reports import artifacts, retention

if TYPE_CHECKING:
    import pytest

    from pytest_synthetic.channels.evidence_browser import BrowserEvidence
    from pytest_synthetic.channels.exchange_log import ExchangeLog
    from pytest_synthetic.core.recorder import Recorder
    from pytest_synthetic.model.message import Message
    from pytest_synthetic.plugin.learning import Learning
    from pytest_synthetic.plugin.session import Session

MESSAGES_KEPT = 20
MESSAGE_SHOWN = 20_000
"""Characters of one message."""
NOT_COVERED = "it would show what [evidence] cover hides"
VIDEO = "video/webm"
BUSY = 3
"""Files that could not be written, after which no more is tried: the disk is full, the folder read-only."""


def mode_of(session: Session) -> EvidenceMode:
    """Of which runs evidence is kept: as the option says, else the settings."""
    return EvidenceMode(session.config.getoption("synthetic_evidence") or session.settings.evidence.when)


def root_of(session: Session) -> Path:
    """The folder of all runs' artefacts."""
    folder = Path(session.settings.artifacts)
    base = folders.base_of(session.settings.source, session.config.rootpath)
    return folder if folder.is_absolute() else base.absolute() / folder


def prune(session: Session) -> None:
    """Remove what has been kept long enough."""
    retention.prune(root_of(session), session.settings.evidence, session.clock.now())


class Evidence:
    """What explains one attempt. It collects what the channels have, and hears of the messages that come."""

    def __init__(self, session: Session, recorder: Recorder, attempt: int, learning: Learning) -> None:
        """`attempt` counts from 1."""
        self._films = Films(session, learning)
        self._session = session
        self._recorder = recorder
        self._attempt = attempt
        self._mode = mode_of(session)
        self._browser: BrowserEvidence | None = None
        self._exchanges: ExchangeLog | None = None
        self._messages: deque[tuple[str, Message, str | None]] = deque(maxlen=MESSAGES_KEPT)
        self._step: str | None = None
        self._failed_writes = 0
        self._gathered = False
        if self.is_recorded:
            recorder.listeners.append(self)

    @property
    def is_recorded(self) -> bool:
        """Whether anything is recorded at all."""
        return self._mode is not EvidenceMode.NEVER

    # -- what it is made of --------------------------------------------------------------------------------------

    def exchanges(self) -> ExchangeLog:
        """The log of API exchanges, for all sessions of the run."""
        if self._exchanges is None:
            from pytest_synthetic.channels.exchange_log import ExchangeLog

            self._exchanges = ExchangeLog(lambda: self._recorder.current_step)
        return self._exchanges

    def browser(self, config: pytest.Config) -> BrowserEvidence:
        """What records the browser. pytest-playwright's own `--tracing` and `--video` win."""
        if self._browser is None:
            from pytest_synthetic.channels.evidence_browser import BrowserEvidence, Wanted

            wanted = Wanted(
                trace=self._traces() and config.getoption("--tracing", default="off") == "off",
                har=self._session.settings.evidence.har,
                video=config.getoption("--video", default="off") == "off" and self._filming(),
                cover=self._session.settings.evidence.cover,
            )
            self._browser = BrowserEvidence(self._recorder, self, wanted)
        return self._browser

    def _traces(self) -> bool:
        asked = self._session.settings.evidence.trace
        return asked is TraceMode.ON or (asked is TraceMode.RETRY and self._attempt > 1)

    def _filming(self) -> bool:
        settings = self._session.settings.evidence
        if not settings.video:
            return False
        from pytest_synthetic.channels.evidence_browser import video_hindrance

        hindrance = NOT_COVERED if settings.cover else video_hindrance()
        if hindrance:
            self._recorder.complaints.append(f"no video is recorded: {hindrance}")
        return hindrance is None

    def message_came(self, channel: str, message: Message) -> None:
        """A message came into an inbox of the run (see core.ports.Listener)."""
        self._messages.append((channel, message, self._recorder.current_step))

    # -- gathering -----------------------------------------------------------------------------------------------

    def gather(self, *, passed: bool = False) -> None:
        """Keep what explains the run, once, and note what the console says of it."""
        if self._gathered or not self.is_recorded or (passed and self._mode is not EvidenceMode.ALWAYS):
            return
        self._gathered = True
        recorder = self._recorder
        self._step = recorder.failed_step or _late_step(recorder)
        with recorder.own_time():
            budget = Budget(self._session.settings.evidence.time_limit, recorder.clock.monotonic)
            clues = self._browser.gather(budget) if self._browser else []
            if self._exchanges:
                self._keep_text("api exchanges", self._exchanges.text())
                clues += [clue for clue in [self._exchanges.clue()] if clue]
            self._keep_text("messages", "\n".join(map(_written, self._messages)))
        if not passed:
            recorder.notes += [clue for clue in clues if clue not in recorder.notes]

    def settled(self) -> None:
        """The body ended well, as far as pytest is concerned."""
        self.gather(passed=not self._recorder.breaches)

    def keep(self, name: str, data: bytes, media_type: str, *, step: str | None = None) -> None:
        """Keep a file; after some that could not be written, no more is tried."""
        if media_type == VIDEO and self._browser:
            self._judge(data, self._browser)
        if self._failed_writes < BUSY and not self._recorder.attach(name, data, media_type, step=step or self._step):
            self._failed_writes += 1
            if self._failed_writes == BUSY:
                self._recorder.complaints.append("no more evidence of this run was written")

    def _judge(self, film: bytes, browser: BrowserEvidence) -> None:
        if not self._films.may_show(browser):
            self._session.redaction.harmless.add(films.sha256(film))
        elif films.TOLD not in self._recorder.complaints:
            self._recorder.complaints.append(films.TOLD)

    def miss(self, name: str, media_type: str, why: str) -> None:
        """Name what is missing."""
        self._recorder.listed(artifacts.missing(name, media_type, self._step, why))

    def _keep_text(self, name: str, text: str | None) -> None:
        if text:
            self.keep(name, text.encode("utf-8", "replace"), "text/plain")

    def close(self) -> None:
        """Let go of what was recorded and not kept."""
        if self._browser:
            self._browser.close()


def _late_step(recorder: Recorder) -> str | None:
    """The step that broke its promise, when no step failed."""
    steps = [breach.name for breach in recorder.breaches if breach.kind == "step"]
    late = {breach.name for breach in recorder.breaches}
    taken = [measured.step for measured in recorder.measurements if measured.name in late and measured.step]
    return next(iter([*steps, *taken]), None)


def _written(came: tuple[str, Message, str | None]) -> str:
    channel, message, step = came
    head = {
        "channel": channel,
        "from": message.sender,
        "to": message.to,
        "subject": message.subject,
        "arrived": message.arrived_at.isoformat() if message.arrived_at else None,
        "step": step,
    }
    lines = [f"{name + ':':9} {plain(value)}" for name, value in head.items() if value]
    return "\n".join([*lines, "", plain(message.text[:MESSAGE_SHOWN]), ""])
