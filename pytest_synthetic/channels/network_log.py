"""What the pages of a run asked for, and what became of it: a compact text, one line a request."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels.first_and_last import FirstAndLast
from pytest_synthetic.core.addresses import masked, path
from pytest_synthetic.core.first_party import site
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.sla import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEPT = 200
"""Requests kept from the start of a run, and as many from its end."""
BAD_KEPT = 50
"""Failed and slow requests kept beside those, from the start and from the end."""
WAITING_KEPT = 1_000
"""Unanswered requests that are followed at one time."""
SLOW = 1.0
"""Seconds from which on a request is called slow."""
URL_KEPT = 2_000
BODY_LIMIT = 100_000
"""Bytes: a larger answer of a bad request is not asked for."""
BODY_SHOWN = 4_000

_BY_THE_PAGE = frozenset({"document", "fetch", "xhr"})
"""Kinds of requests that a click makes; pictures and styles come with what was there before."""
_STOPPED = ("net::ERR_ABORTED", "NS_BINDING_ABORTED", "Load request cancelled")
"""How browsers tell of a request that the page, or its leaving, ended: nobody's fault."""


@dataclass(slots=True, eq=False, kw_only=True)
class Asked:
    """One request of a page. Times in seconds; `at` since 1970, as the browser tells it."""

    method: str
    url: str
    kind: str
    step: str | None
    at: float
    heard: float
    status: int | None = None
    failure: str | None = None
    took: float | None = None
    size: int | None = None
    ours: bool = False

    @property
    def is_slow(self) -> bool:
        """Whether it took longer than SLOW."""
        return self.took is not None and self.took >= SLOW

    @property
    def is_bad(self) -> bool:
        """Whether it got no answer, or one that says that something is wrong."""
        if self.failure is not None:
            return not self.failure.startswith(_STOPPED)
        return self.status is not None and self.status >= 400


class NetworkLog:
    """Hears every request of the contexts it watches. What it hears is read only when somebody wants the text."""

    def __init__(self, *, began: float, now: Callable[[], float], step: Callable[[], str | None]) -> None:
        """`began` is the start of the run, `now` the present: seconds since 1970. `step` names the step under way."""
        self._began = began
        self._step = step
        self._now = now
        self._home: str | None = None
        self._waiting: dict[Any, Asked] = {}
        self._every: FirstAndLast[Asked] = FirstAndLast(KEPT)
        self._bad: FirstAndLast[Asked] = FirstAndLast(BAD_KEPT)
        self._answer: tuple[Asked, Any] | None = None
        self.failed = self.slow = 0
        self._lag = math.inf
        self._steps: list[tuple[float, str | None]] = []

    def step_started(self, _: str) -> None:
        """A step begins (see core.ports.Listener)."""
        self._steps.append((self._now(), self._step()))

    def step_finished(self, *_: object) -> None:
        """It ends: the one around it goes on."""
        self._steps.append((self._now(), self._step()))

    def watch(self, context: Any, base_url: str | None) -> None:
        """Begin to listen to a context, before its first page; `base_url` is the product's."""
        self._home = self._home or site(base_url)
        context.on("request", self.asked)
        context.on("response", self.answered)
        context.on("requestfinished", self.ended)
        context.on("requestfailed", self.ended)

    # -- events of Playwright ------------------------------------------------------------------------------------

    def asked(self, request: Any) -> None:
        """A request goes out."""
        asked = Asked(
            method=request.method,
            url=request.url[:URL_KEPT],
            kind=request.resource_type,
            step=self._step(),
            at=(now := self._now()),
            heard=now,
        )
        self._home = self._home or site(asked.url)  # without a base URL: where the first page lies
        self._every.add(asked)
        if len(self._waiting) < WAITING_KEPT:
            self._waiting[request] = asked

    def answered(self, response: Any) -> None:
        """The head of an answer has come."""
        asked = self._waiting.get(response.request)
        if asked is None:
            return
        asked.status = response.status
        length = response.headers.get("content-length", "")
        asked.size = int(length) if length.isdigit() else None
        if asked.status >= 400 and self._is_ours(asked):
            self._answer = asked, response

    def ended(self, request: Any) -> None:
        """A request has come to its end, well or not."""
        asked = self._waiting.pop(request, None)
        if asked is None:
            return
        timing = request.timing
        started, ended = timing["startTime"] / 1000, timing["responseEnd"] / 1000
        if started > 0:
            asked.at = started
            asked.step = self._step_then(asked)
        asked.took = ended if ended > 0 else max(0.0, self._now() - asked.at)
        asked.failure = request.failure
        self.failed += asked.is_bad
        self.slow += asked.is_slow
        if asked.is_bad or asked.is_slow:
            self._bad.add(asked)

    def _step_then(self, asked: Asked) -> str | None:
        """The step in which a request went out. While Python waits for something else, we hear of it later.

        The shortest time that it ever took to hear of a request is what the clocks of browser and machine differ by.
        """
        self._lag = min(self._lag, asked.heard - asked.at)
        before = bisect_right(self._steps, asked.at + self._lag, key=lambda step: step[0])
        return self._steps[before - 1][1] if before else asked.step

    def _is_ours(self, asked: Asked) -> bool:
        return self._home is None or site(asked.url) == self._home

    # -- what is told --------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many requests went out."""
        return self._every.count

    def clue(self, failed_step: str | None) -> str | None:
        """In one line, since which request it is wrong: the last one of the product's own that failed.

        If none did: one still without answer; that none went out in the step that failed, as after a dead button; where
        no step failed, the slowest.
        """
        bad = [asked for asked in self._bad if asked.is_bad and self._is_ours(asked)]
        grave = [asked for asked in bad if asked.failure or (asked.status or 0) >= 500] or bad
        if grave:
            return self._told_of(grave[-1])
        waited = [a for a in self._waiting.values() if self._is_ours(a) and self._now() - a.at >= SLOW]
        if waited:
            return self._told_of(waited[-1])
        if failed_step:
            return self._silence(failed_step)
        slow = [asked for asked in self._bad if asked.is_slow and self._is_ours(asked)]
        return self._told_of(max(slow, key=lambda asked: asked.took or 0.0)) if slow else None

    def _silence(self, step: str) -> str | None:
        sent = [asked for asked in self._every if asked.kind in _BY_THE_PAGE and self._is_ours(asked)]
        if not sent or any(asked.step == step for asked in sent):
            return None
        return f'no request went out in step "{one_line(step, 60)}"; the last before it: {self._told_of(sent[-1])}'

    def _told_of(self, asked: Asked) -> str:
        came = asked.failure or asked.status or "no answer"
        took = asked.took if asked.took is not None else self._now() - asked.at
        after = "after " if asked.took is None else ""
        return one_line(f"{asked.method} {path(asked.url)} -> {came}, {after}{spoken(took)}", 160)

    def answer(self) -> tuple[str, str | None] | None:
        """What the server said to the last bad request of the product's own, and that request's step.

        Asks the browser: call it only where the browser answers. None when there is nothing that can be read.
        """
        if self._answer is None:
            return None
        asked, response = self._answer
        head = f"{asked.method} {masked(asked.url)} -> {asked.status}\n\n"
        return head + _body(asked, response), asked.step

    def text(self) -> str:
        """The log: a head with the counts, then one line a request in the order they went out."""
        counts = f"{self.failed} failed, {self.slow} slow ({SLOW:g} s or more), {len(self._waiting)} unanswered"
        lines = [
            f"{self.count} requests: {counts}. `*` is the product's own site.",
            "",
            f"{'since start':>11}  {'took':>8}  {'size':>8}  {'status':6}    request",
        ]
        first, last = self._every.parts
        lines += self._lines(first)
        if self._every.left_out:
            lines.append(f"... {self._every.left_out} more, of which failed or slow and kept:")
            shown = {id(asked) for asked in self._every}
            lines += self._lines([asked for asked in self._bad if id(asked) not in shown])
            lines.append("... and the last ones:")
        lines += self._lines(last)
        return "\n".join(lines) + "\n"

    def _lines(self, requests: list[Asked]) -> Iterator[str]:
        step = None
        for asked in requests:
            if asked.step != step:
                step = asked.step
                yield f'-- in step "{step}"' if step else "-- between the steps"
            yield self._line(asked)

    def _line(self, asked: Asked) -> str:
        took = "-" if asked.took is None else spoken(asked.took)
        size = "-" if asked.size is None else _bytes(asked.size)
        came = str(asked.status) if asked.status and not asked.failure else "-"
        mark = "*" if self._is_ours(asked) else " "
        why = [asked.failure or "", "SLOW" if asked.is_slow else "", "no answer yet" if asked.took is None else ""]
        told = ", ".join(part for part in (*why, "FAILED" if asked.is_bad and not asked.failure else "") if part)
        since = f"{asked.at - self._began:+.2f} s"
        request = f"{asked.method} {masked(asked.url)} ({asked.kind})" + (f" <- {told}" if told else "")
        return f"{since:>11}  {took:>8}  {size:>8}  {came:6}  {mark} {one_line(request, 500)}"


def _bytes(size: int) -> str:
    return f"{size} B" if size < 1000 else f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"


def _body(asked: Asked, response: Any) -> str:
    from playwright.sync_api import Error

    if asked.took is None:
        return "(its body had not ended)"
    try:
        if (asked.size or response.request.sizes()["responseBodySize"]) > BODY_LIMIT:
            return f"(a body of more than {_bytes(BODY_LIMIT)}, not read)"
        body: bytes = response.body()
    except Error as error:
        return f"(its body is not there to be read any more: {one_line(str(error), 120)})"
    text = body[: BODY_SHOWN * 4].decode("utf-8", "replace")[:BODY_SHOWN]
    return text + (f"\n... {_bytes(len(body))} in all" if len(body) > len(text.encode()) else "")
