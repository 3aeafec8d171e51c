"""The words of an alert in English."""

from __future__ import annotations

from pytest_synthetic.alerts.words import Label, Tense, Words
from pytest_synthetic.analysis.alerting.words import ENDED, SENTENCES
from pytest_synthetic.analysis.incident_causes import Family
from pytest_synthetic.model.alerting import Kind, Severity, Turn

HEADLINES = {
    (Family.CUSTOMER, Tense.ALL): (
        "customers cannot complete {name}",
        "customers cannot complete {count} journeys: {names}",
    ),
    (Family.CUSTOMER, Tense.MANY): (
        "many customers cannot complete {name}",
        "many customers cannot complete {count} journeys: {names}",
    ),
    (Family.CUSTOMER, Tense.SOME): (
        "some customers cannot complete {name}",
        "some customers cannot complete {count} journeys: {names}",
    ),
    (Family.CUSTOMER, Tense.AT_TIMES): (
        "at times customers cannot complete {name}",
        "at times customers cannot complete {count} journeys: {names}",
    ),
    (Family.CUSTOMER, Tense.WAS): (
        "customers could not complete {name}",
        "customers could not complete {count} journeys: {names}",
    ),
    (Family.CUSTOMER, Tense.AGAIN): (
        "customers can complete {name} again",
        "customers can complete {count} journeys again: {names}",
    ),
    (Family.PROMISE, Tense.ALL): (
        "{name} is slower than promised",
        "{count} journeys are slower than promised: {names}",
    ),
    (Family.PROMISE, Tense.AT_TIMES): (
        "at times {name} is slower than promised",
        "at times {count} journeys are slower than promised: {names}",
    ),
    (Family.PROMISE, Tense.WAS): (
        "{name} was slower than promised",
        "{count} journeys were slower than promised: {names}",
    ),
    (Family.PROMISE, Tense.AGAIN): (
        "{name} is as fast as promised again",
        "{count} journeys are as fast as promised again: {names}",
    ),
    (Family.MONITOR, Tense.ALL): (
        "the monitor cannot say whether {name} works",
        "the monitor cannot say whether {count} journeys work: {names}",
    ),
    (Family.MONITOR, Tense.AT_TIMES): (
        "at times the monitor cannot say whether {name} works",
        "at times the monitor cannot say whether {count} journeys work: {names}",
    ),
    (Family.MONITOR, Tense.WAS): (
        "the monitor could not say whether {name} works",
        "the monitor could not say whether {count} journeys work: {names}",
    ),
    (Family.MONITOR, Tense.AGAIN): (
        "the monitor can say again whether {name} works",
        "the monitor can say again whether {count} journeys work: {names}",
    ),
    (Family.DELIVERY, Tense.ALL): (
        "alerts do not get through to {name}",
        "alerts do not get through to {count} addresses: {names}",
    ),
    (Family.DELIVERY, Tense.AT_TIMES): (
        "at times alerts do not get through to {name}",
        "at times alerts do not get through to {count} addresses: {names}",
    ),
    (Family.DELIVERY, Tense.WAS): (
        "alerts did not get through to {name}",
        "alerts did not get through to {count} addresses: {names}",
    ),
    (Family.DELIVERY, Tense.AGAIN): (
        "alerts get through to {name} again",
        "alerts get through to {count} addresses again: {names}",
    ),
}

GONE = (
    "no more alerts on {name}, which was not seen to be well again",
    "no more alerts on {count} journeys, which were not seen to be well again: {names}",
)
HEADLINES |= {(family, Tense.GONE): GONE for family in (Family.CUSTOMER, Family.PROMISE, Family.MONITOR)}
HEADLINES[Family.DELIVERY, Tense.GONE] = (
    "no alerts go to {name} any more",
    "no alerts go to {count} addresses any more: {names}",
)

WORDS = Words(
    colon=": ",
    semicolon="; ",
    thousands=",",
    decimal=".",
    units=(" d", " h", " min"),
    headlines=HEADLINES,
    from_region="{headline} (from {regions} alone)",
    last_of="{names} and {last}",
    one_more="1 more",
    more="{count} more",
    after="{headline} (it lasted {duration})",
    after_again="{headline} (it lasted {duration} this time)",
    after_breaks="{headline} (it came and went for {duration})",
    over_since="{headline} (over since {time})",
    severities={
        Severity.PAGE: "page, somebody must look now",
        Severity.TICKET: "ticket, somebody must look in working hours",
    },
    severities_over={Severity.PAGE: "it was a page", Severity.TICKET: "it was a ticket"},
    kinds={
        Kind.REGION: "it fails from one region alone",
        Kind.LEAK: "it fails seldom, and more often than it used to",
        Kind.DEGRADED: "it works, and breaks a promise",
        Kind.BROKEN: "the monitor itself fails",
        Kind.MISSED: "the monitor does not run, or nothing is heard of it",
    },
    severity_tags={Severity.PAGE: "PAGE", Severity.TICKET: "TICKET"},
    tags={
        Turn.OPENED: "{severity}",
        Turn.UPDATED: "{severity}, update",
        Turn.REMINDED: "{severity}, still",
        Turn.FLAPPING: "{severity}, comes and goes",
        Turn.RESOLVED: "OVER",
        Turn.REOPENED: "{severity}, back again",
    },
    over_tag="OVER",
    gone_tag="CLOSED",
    test_tag="TEST {tag}",
    this_is_a_test="This is a test. Nothing is wrong.",
    nothing_known="This is about the monitor, not the product: from the bad regions, nothing is known of the product.",
    comes_and_goes="It comes and goes. Nothing more is said of that until it has been still for a while.",
    labels={
        Label.SEVERITY: "Severity",
        Label.SINCE: "Since",
        Label.LASTED: "Lasted",
        Label.FIRST_TIME: "First time",
        Label.LAST_GOOD: "Last good run",
        Label.JOURNEY: "Journey",
        Label.REGIONS: "Regions",
        Label.VARIANTS: "Only with",
        Label.CARRIERS: "Carriers",
        Label.RUNS: "Runs",
        Label.STEP: "Step",
        Label.CLAIM: "Claim",
        Label.GOOD_SINCE: "Well again since",
        Label.KIND: "Problem",
        Label.WHY: "Why this alert",
        Label.WHY_GONE: "Why no more",
        Label.UNSEEN: "No more alerts, and not seen to be well again",
        Label.OWNER: "Owner",
        Label.RUNBOOK: "Runbook",
        Label.BEFORE: "Seen before",
        Label.RISK: "At risk so far",
        Label.WAS_AT_RISK: "Was at risk",
        Label.HOURLY: "Each further hour",
        Label.ASSUMED: "Assumed",
        Label.BLOCKED: "Not tried because of it",
        Label.REPORT: "Report",
        Label.RUN: "Run",
        Label.LAST_BAD: "Last bad run",
        Label.LAST_HEARD: "Last heard of",
        Label.EVIDENCE: "Evidence",
        Label.INCIDENT: "Incident",
    },
    lasted="{duration}, from {start} to {end}",
    with_breaks="{told}, over in between",
    on_and_off="{told}, on and off",
    under_a_minute="less than a minute",
    local="{utc} UTC ({local} {zone})",
    no_good_run="none is known",
    bad="bad from {bad}",
    bad_and_well="bad from {bad}; well from {well}",
    was_bad="was bad from {bad}",
    failed="{failed} of {said} failed from there",
    seen_before="{time}, synthetic incidents show {incident}",
    not_seen_before="no, not in the history",
    reasons=SENTENCES,
    ended=ENDED,
    percent="{number} %",
    others="and {more}",
    example=("Checkout (an example)", "pay", "expected the number of the order, got none"),
    nobody="none is set",
    amount="{currency} {likely} (between {low} and {high})",
    assumption=(
        "all traffic is spread evenly over {regions} and over the hours, and nobody comes back later. "
        "So this is an upper bound: at risk, not lost"
    ),
    their_regions="the regions of each journey",
    over_regions="{count} regions",
    over_one_region="one region",
    other_journeys="And also",
    incident="{id}, synthetic incidents show {id}",
)
