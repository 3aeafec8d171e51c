"""Alerts decided and sent once, where nothing watches: in a pipeline after its journeys ran."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pytest_synthetic.config import redactor
from pytest_synthetic.config.history import home_of
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.history.alert_book import AlertBook
from pytest_synthetic.history.leading import Leading
from pytest_synthetic.incidents.alerter import TO, Alerter
from pytest_synthetic.incidents.service import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.history.store import SqlHistory
    from pytest_synthetic.model.alerting import Post

LOOK = 0.2
"""Seconds between two looks while something is to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it: in words, and what could not be sent. `leader`: another process decides, nothing was done.

    `notes` are what somebody should know of the settings.
    """

    leader: str | None = None
    told: str = ""
    unsent: Sequence[str] = ()
    notes: Sequence[str] = ()


def decide_once(
    settings: Settings, root: Path, history: SqlHistory, *, patience: float, say: Callable[[str], object]
) -> Done:
    """Decide about all that is new, and send what is due within `patience` seconds.

    Raises HistoryUnavailable, ConfigError for policies that clash and secrets that cannot be had.
    """
    url, _ = home_of(settings, root)
    with closing(Leading(url, [NAME], say=lambda _: None, kind="alerter")) as leading:
        leading.begin()
        if not leading.leads(NAME):
            return Done(leader=leading.leaders()[NAME] or "another process, which began this moment")
        return _decided(settings, root, history, patience, say)


def _decided(
    settings: Settings, root: Path, history: SqlHistory, patience: float, say: Callable[[str], object]
) -> Done:
    clock, news = SystemClock(), threading.Event()
    hidden, _ = redactor.opened(settings, os.environ, root)
    book = AlertBook(history.engine)
    notices: list[str] = []
    troubles: dict[str, str | None] = {}
    alerter = Alerter(
        history,
        settings,
        root=root,
        clock=clock,
        redact=hidden.text,
        say=notices.append,
        wake=news.set,
        trouble=lambda what, why: troubles.update({what: why}),
        patience=timedelta(0),
    )
    until = clock.now() + timedelta(seconds=patience)
    with closing(alerter):
        while alerter.turn():
            pass
        for notice in notices:
            say(notice)
        while clock.now() < until and any(post.not_before <= until for post in book.waiting()):
            news.wait(LOOK)
            news.clear()
            alerter.turn()
    return _done(notices, troubles, book.waiting(), until)


def _done(notices: Sequence[str], troubles: Mapping[str, str | None], waiting: Sequence[Post], until: datetime) -> Done:
    late = {post.label for post in waiting if post.not_before <= until and not post.tries}
    later = [post for post in waiting if post.not_before > until and not post.tries]
    told = [f"New turns of incidents: {len(notices)}." if notices else "Nothing new to tell."]
    if later:
        first = min(post.not_before for post in later)
        wait = "1 letter waits" if len(later) == 1 else f"{len(later)} letters wait"
        told.append(f"{wait} for a later time, {first:%Y-%m-%d %H:%M:%S} UTC or after it.")
    wrong = [(what, f"{what}: {why}") for what, why in sorted(troubles.items()) if why]
    unsent = [line for what, line in wrong if what.startswith(TO)]
    notes = [line for what, line in wrong if not what.startswith(TO)]
    unsent += [f"{TO}{label}: no answer in time" for label in sorted(late) if not troubles.get(f"{TO}{label}")]
    unsent += [
        f"{TO}{label}: {post.why}; it is tried again from {post.not_before:%H:%M:%S} UTC on"
        for label, post in sorted({post.label: post for post in waiting if post.tries}.items())
        if not troubles.get(f"{TO}{label}")
    ]
    return Done(told=" ".join(told), unsent=tuple(unsent), notes=tuple(notes))
