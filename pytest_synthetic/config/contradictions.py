"""What marks and settings say each by itself, and cannot both be: refused with the arithmetic before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.config.history import kept
from pytest_synthetic.config.policies import STATISTICAL, policy_of
from pytest_synthetic.config.settings import RunnerSettings
from pytest_synthetic.core.journey_names import JourneyNames
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.region import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.journey import JourneySpec

_DEFAULT = RunnerSettings()
"""A time limit that nobody chose is no contradiction: a run of a journey each minute is over long before."""


def check(settings: Settings, specs: Iterable[JourneySpec], regions: Sequence[str] = ()) -> None:
    """Refuse what cannot be for a journey that is run on a schedule, in `regions` if asked.

    Raises ConfigError with the arithmetic.
    """
    known = {spec.id: spec for spec in specs}
    called = JourneyNames(known)
    scheduled = [spec for spec in known.values() if spec.schedule]
    found = [told for spec in scheduled for told in (*_of_marks(spec), *_of_runs(settings, spec))]
    if settings.policies:
        found += [told for spec in scheduled for told in _of_policy(settings, spec, called, regions)]
    if found:
        raise ConfigError("\n".join(dict.fromkeys(found)))


def _of_marks(spec: JourneySpec) -> Iterator[str]:
    """What the marks of a journey say against each other."""
    from pytest_synthetic.analysis.policy_checks import against_window
    from pytest_synthetic.core.rhythm import rhythm

    ticks = rhythm(spec.schedule) if spec.slo and spec.schedule else None
    if spec.slo and ticks and (told := against_window(spec.slo, ticks.shortest)):
        yield f'{spec.where}: "{spec.name}": {told}'


def _of_runs(settings: Settings, spec: JourneySpec) -> Iterator[str]:
    """What [runner] says against a schedule, whatever the policy."""
    from pytest_synthetic.analysis.policy_checks import against_time_limit
    from pytest_synthetic.core.rhythm import rhythm

    limit = settings.runner.time_limit
    if limit == _DEFAULT.time_limit and not settings.runner.limited:
        return
    ticks = rhythm(spec.schedule) if spec.schedule else None
    if ticks and (told := against_time_limit(limit, ticks)):
        yield f'{settings.source}: runner.time_limit: "{spec.name}": {told}'


def _of_policy(settings: Settings, spec: JourneySpec, called: JourneyNames, regions: Sequence[str]) -> Iterator[str]:
    from pytest_synthetic.analysis.policy_checks import complaints
    from pytest_synthetic.core.rhythm import rhythm

    policy = policy_of(settings, journey_id=spec.id, name=spec.name, stage=spec.stage, owner=spec.owner, called=called)
    if policy is STATISTICAL or spec.schedule is None:
        return
    for told in complaints(
        policy,
        spec.name,
        regions=_possible(settings, spec, regions),
        rhythm=rhythm(spec.schedule),
        keep_days=kept(settings).keep_days,
    ):
        yield f"{settings.source}: policies.{policy.name}: {told}"


def _possible(settings: Settings, spec: JourneySpec, regions: Sequence[str]) -> tuple[str, ...]:
    """Where a journey runs. One without a region mark runs where it is asked to, and elsewhere others may ask it."""
    if spec.regions:
        return spec.regions
    return tuple(dict.fromkeys((*regions, *settings.regions))) if regions else (LOCAL,)
