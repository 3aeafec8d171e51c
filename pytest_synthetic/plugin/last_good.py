"""The last good run of a journey is kept; a run that did not pass is compared with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels.page_profile import PageProfile
from pytest_synthetic.core.addresses import route
from pytest_synthetic.core.first_party import site
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.profile import Asked, Profile, StepTime
from pytest_synthetic.model.run import walk
from pytest_synthetic.model.sla import spoken
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.plugin import evidence
from pytest_synthetic.plugin.redaction import redacted
from pytest_synthetic.reports.last_good import LastGood

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.core.difference import Difference
    from pytest_synthetic.model.run import Failure
    from pytest_synthetic.plugin.attempt import Attempt

LOOK_AGAIN = timedelta(hours=1)
"""How old the kept pages of good runs grow before a run looks at its own: each look costs some milliseconds a step."""
NOTE_WIDTH = 140
"""Characters of the summary's note: two lines of a console."""


class Compared:
    """Gathers the profile of one run (it is a listener: see core.ports), and compares or keeps it at the end."""

    def __init__(self, attempt: Attempt, store: LastGood) -> None:
        """`store` holds what the last good run was like; it is read when something asks for it."""
        recorder = attempt.recorder
        self._attempt = attempt
        self._store = store
        self._identity = _identity(attempt)
        self._pages = PageProfile(lambda: recorder.current_step or recorder.last_step)
        self._leaf = False
        self._told = False
        self._has_pages = False

    @cached_property
    def _then(self) -> Profile | None:
        try:
            return self._store.read(self._identity)
        except OSError as error:
            self._attempt.recorder.complaints.append(f"the last good run cannot be read: {error}")
            return None

    @cached_property
    def _looks(self) -> bool:
        """Whether this run looks at its pages, if it has any."""
        began = self._attempt.recorder.started_at
        return self._has_pages and (self._then is None or _age(self._then.shown_at, began) > LOOK_AGAIN)

    def watch(self, context: Any, base_url: str | None) -> None:
        """Note what the pages of a browser context do."""
        self._has_pages = True
        self._pages.watch(context, base_url)

    # -- as the run goes -----------------------------------------------------------------------------------------

    def step_started(self, name: str) -> None:
        """A step under way has no other in it yet."""
        del name
        self._leaf = True

    def step_finished(self, name: str, failure: Failure | None) -> None:
        """Look at the pages as a good step left them."""
        del name
        if self._leaf and self._looks and failure is None:
            self._look(self._attempt.recorder.last_step)
        self._leaf = False

    def _look(self, step: str | None) -> None:
        with self._attempt.recorder.own_time():
            self._pages.look(step)

    def body_ended(self) -> None:
        """Look at the pages of a journey without steps."""
        if self._looks and not self._attempt.recorder.steps:
            self._look(None)

    # -- at the end ----------------------------------------------------------------------------------------------

    def explain(self) -> None:
        """Attach what is different from the last good run, while the pages live."""
        judged = self._attempt.verdict()
        if self._told or judged.verdict not in (Verdict.FAILED, Verdict.DEGRADED) or self._then is None:
            return
        self._told = True
        self._pages.shown.clear()
        if judged.failure:
            self._look(judged.failure.step)
        self._tell(self._then, self._profile(judged.failure))

    def _tell(self, then: Profile, now: Profile) -> None:
        from pytest_synthetic.core.difference import difference

        recorder = self._attempt.recorder
        found = difference(then, now)
        ago = spoken(round(_age(then.at, recorder.clock.now()).total_seconds()))
        recorder.notes.append(_note(found, now, ago))
        if found.lines:
            head = f"Last good run: {ago} earlier, {then.at:%Y-%m-%d %H:%M} UTC, run {then.run_id[:8]}"
            text = "\n".join((head, "", *found.lines))
            recorder.attach("difference.txt", text.encode(), "text/plain", step=now.failed_step)

    def finish(self) -> None:
        """Keep the profile of a good run; explain a run that no hook of its end has explained."""
        self.explain()
        if self._attempt.verdict().verdict is Verdict.PASSED:
            told = _completed(self._profile(None), self._then if self._has_pages else None).to_json()
            try:
                self._store.keep(self._identity, json.dumps(told, separators=(",", ":")))
            except OSError as error:
                self._attempt.recorder.complaints.append(f"this good run cannot be kept for comparison: {error}")

    def _profile(self, failure: Failure | None) -> Profile:
        recorder = self._attempt.recorder
        now = recorder.clock.now().replace(microsecond=0)
        profile = Profile(
            run_id=recorder.run_id,
            at=now,
            failed=failure is not None,
            failed_step=failure.step if failure else None,
            steps=tuple(
                StepTime(path=path, occurrence=step.occurrence, duration=round(step.duration, 3))
                for path, step in walk(recorder.steps)
            ),
            requests=(*self._pages.requests, *dict.fromkeys(self._exchanges())),
            pages=tuple(self._pages.shown),
            shown_at=now if self._pages.shown else None,
            versions=self._versions(),
        )
        plain = profile.to_json()
        told = redacted(plain, self._attempt.session.redactor)
        return profile if told is plain else Profile.from_json(told)

    def _exchanges(self) -> Iterator[Asked]:
        """The requests of `api`, as its measurements tell of them."""
        home = self._pages.home
        for taken in self._attempt.recorder.measurements:
            labels = taken.labels
            if taken.name == "api.total" and home in (None, site(labels["url"])):
                status = int(labels["status"]) if labels["status"].isdigit() else None
                url = route(labels["url"])
                yield Asked(method=labels["method"], url=url, status=status, step=taken.step, kind="api")

    def _versions(self) -> dict[str, str]:
        from pytest_synthetic.plugin.attempt import TOOL_VERSION

        attempt = self._attempt
        known = {
            "commit of the tests": (attempt.session.git_commit or "")[:12],
            attempt.browser or "browser": attempt.browser_version,
            "pytest-synthetic": TOOL_VERSION,
        }
        return {**self._pages.versions, **{name: version for name, version in known.items() if version}}


def begun(attempt: Attempt) -> Compared | None:
    """Begin to compare a run; None where no evidence is kept."""
    if not attempt.evidence.is_recorded:
        return None
    compared = Compared(attempt, LastGood(evidence.root_of(attempt.session).parent / "last-good"))
    attempt.recorder.listeners.append(compared)
    return compared


def _identity(attempt: Attempt) -> tuple[str, ...]:
    """What two runs must share to be compared."""
    own = {"synthetic_region", "synthetic_device"}
    others = (f"{name}={one_line(str(value), 200)}" for name, value in attempt.params.items() if name not in own)
    return (attempt.spec.id, attempt.region.name, attempt.device or "", attempt.spec.network or "", *sorted(others))


def _age(at: datetime | None, now: datetime) -> timedelta:
    return now - at.astimezone(UTC) if at else timedelta.max


def _completed(now: Profile, then: Profile | None) -> Profile:
    """A good run's profile with what the one before it knows: the pages, or which lines of them vary."""
    if then is None:
        return now
    if not now.pages:
        return replace(now, pages=then.pages, shown_at=then.shown_at)
    before = {(page.step, page.url): page for page in then.pages}
    twins = ((page, before.get((page.step, page.url))) for page in now.pages)
    from pytest_synthetic.core.difference import learnt

    pages = tuple(replace(page, volatile=learnt(twin, page)) if twin else page for page, twin in twins)
    return replace(now, pages=pages)


def _note(found: Difference, now: Profile, ago: str) -> str:
    heads = "; ".join(found.heads)
    if not heads:
        heads = "nothing else is different" if not now.pages else "the same requests and the same page"
    return one_line(f"since the last good run ({ago} ago): {heads}", NOTE_WIDTH)
