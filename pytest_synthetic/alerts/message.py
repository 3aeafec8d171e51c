"""The words of an alert: what a customer can no longer do, for whom, since when, whose it is, what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.alerts.body import body
from pytest_synthetic.alerts.facts import facts
from pytest_synthetic.alerts.headline import LONGEST_PRODUCT, Pen, headline, tag, tense
from pytest_synthetic.alerts.inert import in_sms
from pytest_synthetic.alerts.saying import clock, duration
from pytest_synthetic.alerts.words import Label, Tense
from pytest_synthetic.analysis.spells import stood_from
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.alerting import Letter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pytest_synthetic.model.alerting import Notice

LONGEST_TITLE = 120
LONGEST_SMS = 160
UNNAMED = Settings().product
"""What a product is called that nobody has named: people are not told that."""


def letter(  # noqa: PLR0913  what is told, to whom, and the door
    notice: Notice,
    *,
    product: str,
    language: str,
    links: Mapping[str, str],
    now: datetime,
    key: str,
    redact: Callable[[str], str],
    zone: str | None = None,
    test: bool = False,
) -> Letter:
    """What one address is sent of a notice, whose incident is as it is by now.

    `language` is `en` or `fr`. `links` are addresses by name: `report`, `run`, `evidence`; others are shown under their
    own name. Every text that is not ours passes `redact` while it is whole, and then becomes inert: see `inert`. The
    body is plain text. Times are in UTC, and in `zone` beside it.
    """
    pen = Pen(language, zone, redact, now)
    name = "" if product == UNNAMED else pen.text(product, LONGEST_PRODUCT)
    text = body(notice, pen, links, test=test)
    told = f"{name}{pen.words.colon}{headline(notice, pen)}" if name else headline(notice, pen)
    tagged = tag(notice, pen, test=test)
    title = one_line(f"[{tagged}] {told}", LONGEST_TITLE)
    return Letter(
        incident=notice.incident.id,
        turn=notice.turn,
        severity=notice.incident.severity,
        title=title,
        short=_short(f"{tagged} {told}", notice, pen),
        body=text,
        facts={
            **facts(
                notice,
                pen,
                links,
                said={"product": product, "title": title, "thread": _thread(notice, product), "key": key, "test": test},
            ),
            "text": text,
        },
        key=key,
        at=now,
        test=test,
    )


def _thread(notice: Notice, product: str) -> str:
    """The same for all letters of an incident: what mail programs put together."""
    incident = notice.incident
    told = f"{incident.cases[0].name} ({incident.id})"
    return told if product == UNNAMED else f"{product}: {told}"


def _short(told: str, notice: Notice, pen: Pen) -> str:
    """For an SMS: the end, by which the incident is found, is never cut off."""
    incident = notice.incident
    since = ""
    if tense(notice) not in {Tense.AGAIN, Tense.GONE, Tense.WAS}:
        words, began = pen.words, stood_from(incident)
        lasts = duration(pen.now - began, words)
        since = f" {words.labels[Label.SINCE]} {clock(began)} ({lasts})."
    end = in_sms(f"{since} {incident.id}")
    head = in_sms(told)
    room = LONGEST_SMS - len(end)
    whole = head if head.endswith(".") else f"{head}."
    return (whole if len(whole) <= room else f"{head[: room - 3].rstrip(' .')}...") + end
