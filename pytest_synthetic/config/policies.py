"""Reads [policies.NAME]: when something is wrong with a journey; and says which policy is that of a journey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pytest_synthetic.config import scopes
from pytest_synthetic.core.journey_names import ANYBODY
from pytest_synthetic.errors import ConfigError, UsageError, did_you_mean
from pytest_synthetic.model.alerting import ALERTING, Policy, Severity
from pytest_synthetic.model.sla import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.config.tables import Source
    from pytest_synthetic.core.journey_names import JourneyNames
    from pytest_synthetic.model.verdict import Verdict

STATISTICAL = Policy()
"""That of journeys for which no table is."""


def policies(source: Source, value: object, keys: tuple[str, ...]) -> dict[str, Policy]:
    """Read the tables. Raises ConfigError."""
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        raise UsageError(f"expected tables [{'.'.join(keys)}.NAME] such as with `failures = 2` and `of = 3`")
    return {name: _policy(source, name, table, (*keys, name)) for name, table in value.items()}


def _policy(source: Source, name: str, table: object, keys: tuple[str, ...]) -> Policy:
    readers: dict[str, Any] = {
        **scopes.readers(source),
        "failures": whole,
        "of": whole,
        "regions": whole,
        "for": seconds,
        "successes": whole,
        "remind": _remind,
        "severity": severity,
        "on": verdicts,
    }
    values = source.read(table, keys, readers)
    _check(source, values, keys)
    if "for" in values:
        values["lasts"] = values.pop("for")
    return Policy(name=name, **values)


def whole(value: object) -> int:
    """Read a whole number from 1 on. Raises UsageError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"expected a whole number, 1 or more, got {value!r}")
    return value


def _remind(value: object) -> float | Literal[False]:
    if value is False:
        return False
    if value is True:
        raise UsageError('expected a duration such as "1h", or false for never, got true')
    return seconds(value)


def severity(value: object) -> Severity:
    """Read a severity. Raises UsageError."""
    if value not in list(Severity):
        raise UsageError(f"{value!r} is no severity. {did_you_mean(value, Severity)}")
    return Severity(str(value))


def verdicts(value: object) -> tuple[Verdict, ...]:
    """Read the verdicts that people want to be told of: one, or a list of some. Raises UsageError."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed:
        raise UsageError(f'expected a verdict or a list of verdicts such as ["failed"], got {value!r}')
    for told in listed:
        if told not in ALERTING:
            raise UsageError(f"{told!r} is nothing to be alerted of. {did_you_mean(told, ALERTING)}")
    return tuple(verdict for verdict in ALERTING if verdict in listed)


def _check(source: Source, values: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    """Raise ConfigError for what does not go together."""
    failures, of = values.get("failures"), values.get("of")
    if failures and of and of < failures:
        told = f"{failures} of the last {of} runs can never have failed: expected {failures} or more"
        raise source.complaint((*keys, "of"), told)


# -- of a journey ------------------------------------------------------------------------------------------------------


def policy_of(  # noqa: PLR0913  all that policies may ask for
    settings: Settings,
    *,
    journey_id: str,
    name: str,
    stage: str | None,
    owner: str | None,
    called: JourneyNames = ANYBODY,
    clash: Callable[[str], object] | None = None,
) -> Policy:
    """The policy of a journey: of those that fit it the most specific, STATISTICAL when none does; see `scopes.fits`.

    One that names journeys is more specific than one that names owners, then stages, then none; where two name
    journeys, the one that names owners as well, and so on. When two are equally specific, `clash` is told, and the
    first counts; raises ConfigError without `clash`.
    """
    fitting = [
        policy
        for policy in settings.policies.values()
        if scopes.fits(policy, journey_id=journey_id, name=name, stage=stage, owner=owner, called=called)
    ]
    if not fitting:
        return STATISTICAL
    most = max(map(_specific, fitting))
    first, *others = [policy for policy in fitting if _specific(policy) == most]
    if others:
        told = " and ".join(f"[policies.{policy.name}]" for policy in (first, *others))
        why = (
            f'{settings.source}: {told} are for the journey "{name}" and equally specific: {_names(most)}. Expected '
            "one that is more specific than the others: name the journey in it, under `journeys`"
        )
        if clash is None:
            raise ConfigError(why)
        clash(f"{why}. Until then [policies.{first.name}] counts")
    return first


def _specific(policy: Policy) -> tuple[bool, bool, bool]:
    return bool(policy.journeys), bool(policy.owners), bool(policy.stages)


def _names(told: tuple[bool, bool, bool]) -> str:
    named = [kind for kind, names in zip(("journeys", "owners", "stages"), told, strict=True) if names]
    return f"each names {' and '.join(named)}" if named else "none names journeys, owners or stages"
