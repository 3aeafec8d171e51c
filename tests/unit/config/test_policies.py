"""How [policies.NAME] is read, which policy is that of a journey, and what is said of mistakes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.config.policies import policy_of
from pytest_synthetic.config.scopes import unknown_names
from pytest_synthetic.config.settings import Settings
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.alerting import Policy, Route, Severity
from pytest_synthetic.model.journey import JourneySpec, Stage
from pytest_synthetic.model.verdict import Verdict


def read(folder: Path, text: str) -> dict[str, Policy]:
    path = folder / "synthetic.toml"
    path.write_text(text, encoding="utf-8")
    return dict(files.load(path, {"TEAM": "payments"}).policies)


def test_the_whole_table(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        """
[policies.money]
journeys = ["Checkout", "test_shop.test_pay", "Checkout"]
stages = ["purchase"]
owners = ["${TEAM}"]
failures = 2
of = 3
regions = 2
for = "10m"
successes = 3
remind = false
severity = "page"
on = ["broken", "failed", "failed"]

[policies.rest]
remind = "30m"
on = "failed"
""",
    ) == {
        "money": Policy(
            name="money",
            journeys=("Checkout", "test_shop.test_pay"),
            stages=("purchase",),
            owners=("payments",),
            failures=2,
            of=3,
            regions=2,
            lasts=600.0,
            successes=3,
            remind=False,
            severity=Severity.PAGE,
            on=(Verdict.FAILED, Verdict.BROKEN),
        ),
        "rest": Policy(name="rest", remind=1800.0, on=(Verdict.FAILED,)),
    }
    assert read(tmp_path, "[policies.rest]\n")["rest"].statistical
    assert read(tmp_path, "") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("failures = 0", "x.failures: expected a whole number, 1 or more, got 0"),
        ("failures = true", "x.failures: expected a whole number, 1 or more, got True"),
        ("failures = 1.5", "x.failures: expected a whole number, 1 or more, got 1.5"),
        ('of = "3"', "x.of: expected a whole number, 1 or more, got '3'"),
        ("failures = 3\nof = 2", "x.of: 3 of the last 2 runs can never have failed: expected 3 or more"),
        ("regions = -1", "x.regions: expected a whole number"),
        ('regions = ["eu-west"]', "x.regions: expected a whole number, 1 or more, got ['eu-west']"),
        ("successes = 0", "x.successes: expected a whole number"),
        ('for = "ten minutes"', "x.for: 'ten minutes' is not a duration"),
        ("for = false", "x.for: False is not a duration"),
        ("remind = true", 'x.remind: expected a duration such as "1h", or false for never, got true'),
        ("remind = 0", "x.remind: 0 is not a usable duration"),
        ('severity = "pag"', 'Did you mean "page"?'),
        ("severity = []", "[] is no severity. Valid: page, ticket."),
        ("on = []", 'x.on: expected a verdict or a list of verdicts such as ["failed"], got []'),
        ("on = 1", "x.on: expected a verdict or a list of verdicts"),
        ('on = ["faild"]', "x.on: 'faild' is nothing to be alerted of. Valid: broken, degraded, failed, missed. Did"),
        ('on = ["passed"]', "'passed' is nothing to be alerted of"),
        ("on = [[]]", "[] is nothing to be alerted of"),
        ("owners = []", "x.owners: expected a list of texts such as"),
        ('stages = ["purchas"]', 'Did you mean "purchase"?'),
        ('owners = ["${NOPE}"]', "NOPE is not set"),
        ("failure = 2", "x.failure: no such setting. Valid: failures, for, journeys, of, on"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)) as raised:
        read(tmp_path, f"[policies.x]\n{text}\n")
    assert f"synthetic.toml:{1 + len(text.splitlines())}: policies.x" in str(raised.value)


def test_a_table_without_a_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape("expected tables [policies.NAME]")):
        read(tmp_path, "[policies]\nfailures = 2\n")


# -- of a journey ------------------------------------------------------------------------------------------------------

EVERYONE = Policy(name="everyone")
STAGE = Policy(name="stage", stages=("purchase",))
OWNER = Policy(name="owner", owners=("payments", "identity"))
OWNER_AND_STAGE = Policy(name="both", owners=("payments",), stages=("purchase",))
JOURNEY = Policy(name="journey", journeys=("CHECKOUT",))
BY_ID = Policy(name="by-id", journeys=("shop.test_checkout",), owners=("payments",))
ELSEWHERE = Policy(name="elsewhere", journeys=("Checkout",), owners=("search",))


def settings(*given: Policy) -> Settings:
    return Settings(source=Path("synthetic.toml"), policies={policy.name: policy for policy in given})


def checkouts(*given: Policy) -> Policy:
    return policy_of(
        settings(*given), journey_id="shop.test_checkout", name="Checkout", stage=Stage.PURCHASE, owner="payments"
    )


def test_the_most_specific_that_fits_is_that_of_a_journey() -> None:
    ranked = [EVERYONE, STAGE, OWNER, OWNER_AND_STAGE, JOURNEY, BY_ID]
    for number, policy in enumerate(ranked, 1):
        assert checkouts(ELSEWHERE, *reversed(ranked[:number])) is policy
    assert checkouts(ELSEWHERE) == checkouts() == Policy()
    assert policy_of(settings(STAGE, OWNER), journey_id="a", name="A", stage=None, owner=None) == Policy()


def test_two_that_are_equally_specific_are_refused_when_one_is_asked_for() -> None:
    other = Policy(name="money", owners=("payments",))
    given = settings(EVERYONE, OWNER, other)
    assert policy_of(given, journey_id="find", name="Search", stage=None, owner="search") is EVERYONE
    with pytest.raises(ConfigError) as raised:
        checkouts(EVERYONE, OWNER, other)
    assert str(raised.value) == (
        'synthetic.toml: [policies.owner] and [policies.money] are for the journey "Checkout" and equally specific: '
        "each names owners. Expected one that is more specific than the others: name the journey in it, under `journeys`"
    )
    with pytest.raises(ConfigError, match="none names journeys, owners or stages"):
        checkouts(EVERYONE, Policy(name="all"))


# -- names that nobody has ---------------------------------------------------------------------------------------------

SPECS = (
    JourneySpec(id="shop.test_checkout", name="Checkout", stage=Stage.PURCHASE, owner="payments"),
    JourneySpec(id="shop.test_search", name="Search"),
)


def test_names_that_no_journey_has_are_told() -> None:
    given = Settings(
        policies={
            "good": Policy(journeys=("checkout", "shop.test_search"), owners=("payments",), stages=("purchase",)),
            "slip": Policy(journeys=("Chekout",), owners=("payment",)),
        },
        alerts={"oncall": Route(name="oncall", to=("slack://secret",), stages=("retention",), journeys=("Serch",))},
    )
    assert list(unknown_names(given, SPECS)) == [
        "policies.slip: no journey is called 'Chekout'. Valid: Checkout, Search. Did you mean \"Checkout\"?",
        "policies.slip: no journey has the owner 'payment'. Valid: payments. Did you mean \"payments\"?",
        "alerts.oncall: no journey is called 'Serch'. Valid: Checkout, Search. Did you mean \"Search\"?",
        "alerts.oncall: no journey has the stage 'retention'. Valid: purchase.",
    ]
    assert list(unknown_names(given, ())) == []


@pytest.mark.parametrize(
    ("remind", "page", "ticket"), [(None, 3600.0, 86_400.0), (60.0, 60.0, 60.0), (False, None, None)]
)
def test_after_what_time_people_are_told_again(
    remind: float | Literal[False] | None, page: float | None, ticket: float | None
) -> None:
    policy = Policy(remind=remind)
    assert (policy.reminder(Severity.PAGE), policy.reminder(Severity.TICKET)) == (page, ticket)
