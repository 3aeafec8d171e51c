"""Step results, promises and failures folded into one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.errors import JourneyError, did_you_mean
from pytest_synthetic.model.run import walk
from pytest_synthetic.model.sla import UNITS, Breach, breach
from pytest_synthetic.model.verdict import Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_synthetic.model.run import Failure, Measurement, StepResult
    from pytest_synthetic.model.sla import Limit, Sla


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict, who is at fault, the failure that decided, and a reason for what was not run.

    `blocked_by` is the id of the journey that blocked it.
    """

    verdict: Verdict
    fault: Fault | None = None
    failure: Failure | None = None
    reason: str | None = None
    blocked_by: str | None = None


def judge(failures: Sequence[Failure], breaches: Sequence[Breach]) -> Judgement:
    """What a run that was neither skipped nor blocked says.

    A customer known to be hurt outweighs all: failed, then broken, then degraded. What explodes in the tear-down
    comes after the customer was served: it makes a good run broken, and never hides a worse verdict.
    """
    ranked = sorted(failures, key=lambda failure: verdict_of(failure) is not Verdict.FAILED)
    if ranked:
        worst = ranked[0]
        cleanup = worst.phase == "teardown" and worst.fault is not Fault.RUNNER
        reason = f"the tear-down failed, after the customer was served: {worst.reason}" if cleanup else worst.reason
        return Judgement(verdict=verdict_of(worst), fault=_fault_of(worst), failure=worst, reason=reason)
    if breaches:
        return Judgement(verdict=Verdict.DEGRADED, fault=Fault.PRODUCT, reason=breaches[0].message)
    return Judgement(verdict=Verdict.PASSED)


def verdict_of(failure: Failure) -> Verdict:
    """What one failure says: `failed` when the product did not hold a claim, else `broken`."""
    product = failure.fault is Fault.PRODUCT and failure.phase != "teardown"
    return Verdict.FAILED if product else Verdict.BROKEN


def verdict_of_step(failure: Failure | None, duration: float, sla: float | None) -> Verdict:
    """What a step says that took `duration` seconds, of the `sla` promised."""
    if failure:
        return verdict_of(failure)
    return Verdict.DEGRADED if sla is not None and duration > sla else Verdict.PASSED


def _fault_of(failure: Failure) -> Fault:
    cleanup = failure.fault is Fault.PRODUCT and failure.phase == "teardown"
    return Fault.TEST if cleanup else failure.fault


def breaches(
    sla: Sla, duration: float, steps: tuple[StepResult, ...], measurements: Sequence[Measurement]
) -> tuple[Breach, ...]:
    """Every limit that was not kept, the journey's first. `duration` is that of the body, in seconds.

    Raises JourneyError when a limit names a measurement that was not taken, or has another unit than it.
    """
    found = list(_of_steps(steps))
    if sla.total is not None and duration > sla.total:
        found.insert(0, breach(kind="total", name="total", measured=duration, promised=sla.total, timed=True))
    for limit in sla.measurements:
        found.extend(_of_measurements(limit, measurements))
    return tuple(found)


def _of_steps(steps: tuple[StepResult, ...]) -> Iterator[Breach]:
    for path, step in walk(steps):
        if step.sla is not None and step.duration > step.sla:
            yield breach(kind="step", name=path, measured=step.duration, promised=step.sla, timed=True)


def _of_measurements(limit: Limit, measurements: Sequence[Measurement]) -> Iterator[Breach]:
    wanted = limit_name(limit.name)
    taken = [measurement for measurement in measurements if limit_name(measurement.name) == wanted]
    if not taken:
        raise JourneyError(_never_taken(limit.name, measurements))
    for measurement in taken:
        timed = measurement.unit in UNITS
        if limit.timed and not timed:
            unit = measurement.unit or "a bare number"
            raise JourneyError(f"sla({limit.name}=...) is a duration, but {measurement.name} is measured in {unit}")
        value = measurement.value * UNITS.get(measurement.unit, 1.0)
        if value > limit.most:
            name = f"{measurement.name}{_of_what(measurement)}"
            yield breach(kind="measurement", name=name, measured=value, promised=limit.most, timed=timed)


def limit_name(name: str) -> str:
    """How `sla()` spells a measurement: keywords have no dots, so `api.first_byte` is `api_first_byte`."""
    return name.replace(".", "_").replace("-", "_")


def _of_what(measurement: Measurement) -> str:
    what = measurement.labels.get("page") or measurement.labels.get("url")
    return f" of {what}" if what else ""


def _never_taken(name: str, measurements: Iterable[Measurement]) -> str:
    names = {limit_name(measurement.name) for measurement in measurements}
    if not names:
        return f"sla({name}=...) limits a measurement that was never taken: this run took none"
    return f"sla({name}=...) limits a measurement that was never taken. {did_you_mean(name, names)}"
