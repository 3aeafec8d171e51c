"""What a language must have words for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_synthetic.analysis.incident_causes import Family
    from pytest_synthetic.model.alerting import Kind, Severity, Turn
    from pytest_synthetic.model.reasons import Because
    from pytest_synthetic.model.verdict import Verdict


class Tense(StrEnum):
    """How a headline speaks of what is wrong."""

    ALL = "all"
    """It is so, for all or nearly all."""
    MANY = "many"
    """For half of the customers or more."""
    SOME = "some"
    """For fewer."""
    AT_TIMES = "at times"
    """It comes and goes."""
    WAS = "was"
    """It was so, before anybody was told."""
    AGAIN = "again"
    """It was so, and is well again."""
    GONE = "gone"
    """It was so, and is told no more although nothing was seen to be well again."""


class Label(StrEnum):
    """What stands before a fact."""

    SEVERITY = "severity"
    SINCE = "since"
    LASTED = "lasted"
    FIRST_TIME = "first time"
    LAST_GOOD = "last good"
    JOURNEY = "journey"
    REGIONS = "regions"
    VARIANTS = "variants"
    CARRIERS = "carriers"
    RUNS = "runs"
    STEP = "step"
    CLAIM = "claim"
    GOOD_SINCE = "good since"
    KIND = "kind"
    WHY = "why"
    WHY_GONE = "why gone"
    UNSEEN = "unseen"
    OWNER = "owner"
    RUNBOOK = "runbook"
    BEFORE = "before"
    RISK = "risk"
    WAS_AT_RISK = "was at risk"
    HOURLY = "hourly"
    ASSUMED = "assumed"
    BLOCKED = "blocked"
    REPORT = "report"
    RUN = "run"
    LAST_BAD = "last bad"
    LAST_HEARD = "last heard"
    EVIDENCE = "evidence"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A language. Names in braces are filled in.

    `headlines` have a form for one journey, `{name}`, and one for more, `{count}` and `{names}`. `tags` stand before
    them in titles. `kinds` tell apart what the headline does not. `units` are those of days, hours and minutes, each
    with the space before it. `reasons` and `ended` have a form for one region or run, and one for more. `example` is
    the name, the step and the claim of a journey that there is not.
    """

    colon: str
    semicolon: str
    thousands: str
    decimal: str
    units: tuple[str, str, str]
    headlines: Mapping[tuple[Family, Tense], tuple[str, str]]
    from_region: str
    last_of: str
    one_more: str
    more: str
    after: str
    after_again: str
    after_breaks: str
    over_since: str
    severities: Mapping[Severity, str]
    severities_over: Mapping[Severity, str]
    kinds: Mapping[Kind, str]
    severity_tags: Mapping[Severity, str]
    tags: Mapping[Turn, str]
    over_tag: str
    gone_tag: str
    test_tag: str
    this_is_a_test: str
    nothing_known: str
    comes_and_goes: str
    labels: Mapping[Label, str]
    lasted: str
    with_breaks: str
    on_and_off: str
    under_a_minute: str
    local: str
    no_good_run: str
    bad: str
    bad_and_well: str
    was_bad: str
    failed: str
    seen_before: str
    not_seen_before: str
    reasons: Mapping[Because, tuple[str, str]]
    ended: Mapping[Verdict, tuple[str, str]]
    percent: str
    others: str
    example: tuple[str, str, str]
    nobody: str
    amount: str
    assumption: str
    their_regions: str
    over_regions: str
    over_one_region: str
    other_journeys: str
    incident: str
