"""What the pages say of themselves weighs in a run as if the test had found it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.channels.page_claims import PageClaims, PageFault
from pytest_synthetic.core.judge import verdict_of
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.plugin import outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.core.recorder import Recorder
    from pytest_synthetic.plugin.attempt import Attempt


def watched(attempt: Attempt) -> PageClaims | None:
    """Begin to hear the pages of `attempt`, when [browser] asks for it."""
    settings, recorder = attempt.session.settings.browser, attempt.recorder
    if not (settings.fail_on or settings.forbidden_text):
        return None
    claims = PageClaims(settings, lambda: recorder.current_step or recorder.last_step)

    def contradict() -> BaseException | None:
        recorder.guarded(claims.look)
        return claims.fault_of(recorder.current_step)

    recorder.contradictors.append(contradict)
    attempt.weighing.append(lambda error: _weighed(claims, attempt, error))
    return claims


def _weighed(claims: PageClaims, attempt: Attempt, error: BaseException | None) -> BaseException | None:
    """What the call phase must raise: the test's own failure, with what the pages said beside it."""
    recorder = attempt.recorder
    recorder.guarded(claims.look)
    claims.rest()
    recorder.complaints += claims.unread
    if not claims.faults:
        return error
    if error is None:
        first, *others = claims.faults
        recorder.notes += map(_note, others)
        shown = outcomes.told(first)
        vars(shown)["step"] = first.step
        return shown
    for fault in claims.faults:
        error.add_note(_note(fault))
    attempt.on_failure.append(lambda: _beside(recorder, claims.faults))
    return error


def _beside(recorder: Recorder, faults: Sequence[PageFault]) -> None:
    """The test's own failure comes first, unless it says nothing of the product, and the page does."""
    own = recorder.failures[-1]
    recorder.failures += map(recorder.describe, faults)
    if verdict_of(own) is Verdict.FAILED:
        recorder.notes += map(_note, faults)
    else:
        recorder.notes += [f"the test itself ended with {own.type}: {own.claim}", *map(_note, faults[1:])]


def _note(fault: PageFault) -> str:
    where = f' in step "{fault.step}"' if fault.step else ""
    return f"the page says of itself{where}: {fault}"
