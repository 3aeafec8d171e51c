"""Marks: what they become in the record, and what a wrong argument is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.sla import Calendar, Slo

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran


def test_the_record_says_what_the_marks_said(synthetic: Callable[..., Ran]) -> None:
    run = synthetic("""
@pytest.mark.journey("Buy a kettle", id="buy", stage="purchase", owner="payments", criticality="critical",
                     revenue_per_hour=10_000, currency="GBP", depends_on="psp", runbook="https://wiki.example/buy")
@pytest.mark.sla("12s", cls=0.1)
@pytest.mark.slo(availability=0.995, window="month", latency=0.95)
@pytest.mark.schedule("5m")
@pytest.mark.mutates
def test_buy(journey):
    journey.measure("cls", 0.05)
""").run

    assert (run.journey, run.name, run.stage, run.owner) == ("buy", "Buy a kettle", "purchase", "payments")
    assert (run.criticality, run.revenue_per_hour, run.currency) == ("critical", 10_000.0, "GBP")
    assert (run.depends_on, run.runbook, run.mutates) == (("psp",), "https://wiki.example/buy", True)
    assert (run.promised, run.region, run.device, run.attempt) == (12.0, "local", None, 1)
    assert run.slo == Slo(availability=0.995, window=30 * 86_400.0, calendar=Calendar.MONTH, latency=0.95)
    assert run.schedule == Schedule(every=300.0)


def test_the_settings_add_to_the_schedule(synthetic: Callable[..., Ran]) -> None:
    toml = '[schedule]\nquiet = "22:00-06:00"\ntimezone = "Europe/Paris"\nmax_lateness = "1m"\nspread = false\n'
    source = """
@pytest.mark.journey("Buy")
@pytest.mark.schedule("5m")
def test_buy(): pass
@pytest.mark.journey("Look")
@pytest.mark.schedule("@hourly", quiet=(), max_lateness="9s")
def test_look(): pass
"""
    assert [run.schedule for run in synthetic(source, toml=toml).runs] == [
        Schedule(every=300.0, timezone="Europe/Paris", quiet=("22:00-06:00",), max_lateness=60.0, spread=False),
        Schedule(cron="0 * * * *", timezone="Europe/Paris", max_lateness=9.0, spread=False),
    ]


def test_settings_that_leave_no_time_for_a_journey(synthetic: Callable[..., Ran]) -> None:
    source = '@pytest.mark.journey("Buy")\n@pytest.mark.schedule("0 3 * * *")\ndef test_buy(): pass\n'
    ran = synthetic(source, toml='[schedule]\nquiet = "22:00-06:00"\n')
    assert "test_shop.py:3: @pytest.mark.schedule: never comes outside its quiet hours ([schedule] of" in ran.out


def test_the_record_names_the_release(synthetic: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    journey = "@pytest.mark.journey('Buy')\ndef test_buy(): pass"
    assert synthetic(journey).run.release is None
    monkeypatch.setenv("SYNTHETIC_RELEASE", "7.0")
    assert synthetic(journey).run.release == "7.0"
    assert synthetic(journey, "--synthetic-release=7.1").run.release == "7.1"


def test_the_default_identity_outlives_parameters(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.mark.parametrize("product", ["kettle", "cup"])
@pytest.mark.journey("Buy")
class TestShop:
    def test_buy(self, product): pass
""")

    assert {run.journey for run in ran.runs} == {"test_shop.TestShop.test_buy"}
    assert [run.parameters for run in ran.runs] == [{"product": "kettle"}, {"product": "cup"}]


def test_the_nearest_mark_counts(synthetic: Callable[..., Ran]) -> None:
    run = synthetic("""
pytestmark = [pytest.mark.journey("module", owner="shop"), pytest.mark.sla("9s")]

@pytest.mark.journey("function")
def test_it(): pass
""").run

    assert (run.name, run.owner, run.promised) == ("function", None, 9.0)


WRONG = [
    ('journey("J", stage="purchas")', "stage='purchas' is not valid", 'Did you mean "purchase"?'),
    ('journey("J", criticality="urgent")', "criticality='urgent' is not valid", "Valid: critical, high, low, medium."),
    ('journey("J", ower="x")', "no argument 'ower'", 'Did you mean "owner"?'),
    ('journey("J", schedul="5m")', "no argument 'schedul'", "Did you mean the mark @pytest.mark.schedule?"),
    ('journey("J", regions="eu")', "no argument 'regions'", "Did you mean the mark @pytest.mark.region?"),
    ('journey("J", revenue_per_hour=-1)', "revenue_per_hour=-1", "zero or more"),
    ('journey("J", revenue_per_hour="10k")', "revenue_per_hour='10k'", "expected an amount"),
    ('journey("J", currency="euro")', "currency='euro'", "ISO 4217"),
    ('journey("J", depends_on=3)', "depends_on=3", "expected names"),
    ("journey(name=7)", "name=7", "a text that is not empty"),
    ('journey("")', "name=''", "a text that is not empty"),
    ("journey", "missing a required argument: 'name'.", "It takes: journey(name, *, id=None"),
    ('journey("J", "extra")', "too many positional arguments", "It takes: journey(name, *, id=None"),
    ('journey("J", id="")', "id=''", "a text that is not empty"),
    ('sla("soon")', "'soon' is not a duration", '"250ms"'),
    ("sla(-1)", "-1 is not a usable duration", "above zero"),
    ('sla(lcp="fast")', "'fast' is not a duration", "expected"),
    ("sla(cls=-0.1)", "cls=-0.1 is not a limit", "expected"),
    ("sla()", "promises nothing", 'sla("12s")'),
    ('sla("1s", "2s")', "too many positional arguments", "It takes: sla(total=None, /, **measurements)"),
    ('slo(availability=99.5, window="30d")', "availability=99.5", "between 0 and 1"),
    ("slo(availability=0.995)", "missing a required argument: 'window'", "It takes: slo(availability, window"),
    ('slo(availability=0.9, windw="30d")', "no argument 'windw'", "It takes: slo(availability, window"),
    ('schedule("often")', "'often' is neither an interval", '"0 7 * * 1-5"'),
    ('schedule("61 * * * *")', "is no cron expression", "61"),
    ('schedule("0 0 30 2 *")', "is no cron expression", "day-of-month"),
    ('schedule("5m", timezone="Europe/Pari")', "no IANA time zone", 'Did you mean "Europe/Paris"?'),
    ('schedule("500ms")', "500 ms is too often", "the shortest interval is 1s"),
    ('schedule("60d")', "too seldom: the longest interval is 31d", '"0 7 1 1 *"'),
    ('schedule("0 0 7 * * 1-5")', "it has 6 fields, expected 5", "minute, hour"),
    ('schedule("@often")', "is no cron expression", "@hourly"),
    ('schedule("@dayly")', "is no cron expression", 'Did you mean "@daily"?'),
    ('schedule(evry="5m")', "no argument 'evry'", 'Did you mean "every_or_cron"?'),
    ('slo(availability=0.9, window="mont")', "'mont' is no window", 'Did you mean "month"?'),
    ('schedule("5m", quiet="night")', "quiet='night': expected", '"mon-fri 22:00-06:00"'),
    ('schedule("5m", quiet=22)', "quiet=22: expected", '"mon-fri 22:00-06:00"'),
    ('schedule("5m", quiet="00:00-24:00")', "these hours are all there are", "no time is left"),
    ('schedule("0 3 * * *", quiet="22:00-06:00")', "never comes", "outside its quiet hours"),
    ('schedule("5m", max_lateness="1ms")', "max_lateness='1ms'", "expected 1s or more"),
    ('schedule("5m", calm="22:00-06:00")', "no argument 'calm'", "quiet=None, max_lateness=None"),
    ("region()", "names nothing", "at least one name"),
    ("region(3)", "region=(3,)", "expected names"),
    ('network("5g")', "'5g' is no network profile", "Valid: 3g, 4g, offline, slow-3g."),
    ("mutates(True)", "too many positional arguments", "It takes: mutates()"),
]


@pytest.mark.parametrize(("mark", "problem", "help_"), WRONG)
def test_a_wrong_argument_is_a_collection_error(
    synthetic: Callable[..., Ran], mark: str, problem: str, help_: str
) -> None:
    name = mark.partition("(")[0]
    first = "" if name == "journey" else '@pytest.mark.journey("J")\n'
    ran = synthetic(f"{first}@pytest.mark.{mark}\ndef test_it(): pass\n")

    line = 2 if name == "journey" else 3
    assert ran.result.ret == pytest.ExitCode.INTERRUPTED
    assert f"test_shop.py:{line}: @pytest.mark.{name}:" in ran.out
    assert problem in ran.out
    assert help_ in ran.out
    assert "Traceback" not in ran.out
    assert ran.runs == ()


def test_a_region_no_table_defines_is_a_collection_error(synthetic: Callable[..., Ran]) -> None:
    source = '@pytest.mark.journey("J")\n@pytest.mark.region("eu-wst")\ndef test_it(): pass\n'
    ran = synthetic(source, toml='[regions.eu-west]\nproxy = "http://proxy.example:3128"\n')

    assert "test_shop.py:3: @pytest.mark.region: 'eu-wst' is not defined" in ran.out
    assert 'Did you mean "eu-west"?' in ran.out


def test_the_same_id_twice_is_a_usage_error_that_names_both(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic("""
@pytest.mark.journey("A", id="buy")
def test_a(): pass
@pytest.mark.journey("B", id="buy")
def test_b(): pass
""")

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    ran.result.stderr.fnmatch_lines(['*journey id "buy" is used twice: test_shop.py:3 and test_shop.py:5*'])


WARNS = "-Wignore::pytest.PytestUnknownMarkWarning"


@pytest.mark.parametrize(
    ("marks", "told"),
    [
        ('@pytest.mark.jorney("J")', '@pytest.mark.jorney: no such mark. Did you mean "journey"?'),
        ('@pytest.mark.journey("J")\n@pytest.mark.Schedule("5m")', 'no such mark. Did you mean "schedule"?'),
        ('@pytest.mark.regions("eu")\n@pytest.mark.journey("J")', "test_shop.py:2: @pytest.mark.regions: no such"),
    ],
)
def test_a_misspelt_mark_is_a_collection_error(synthetic: Callable[..., Ran], marks: str, told: str) -> None:
    ran = synthetic(f"{marks}\ndef test_it(): pass\n", WARNS)

    assert ran.runs == ()
    assert ran.result.ret != 0
    assert told in ran.out


@pytest.mark.parametrize(
    "marks", ["@pytest.mark.journey('J')\n@pytest.mark.slow", "@pytest.mark.regions('eu')", "@pytest.mark.mutate"]
)
def test_marks_of_the_user_are_not_misspelt(synthetic: Callable[..., Ran], marks: str) -> None:
    assert synthetic(f"{marks}\ndef test_it(): pass\n", WARNS).result.ret == 0


def test_a_mark_that_pytest_knows_is_not_misspelt(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers = regions(name): of the user\n")

    assert synthetic('@pytest.mark.regions("eu")\n@pytest.mark.journey("J")\ndef test_it(): pass\n').verdicts == [
        "passed"
    ]


def test_marks_are_shown_and_strict(synthetic: Callable[..., Ran]) -> None:
    shown = synthetic("def test_it(): pass\n", "--markers").out
    for name in ("journey", "region", "sla", "slo", "schedule", "device", "network"):
        assert f"@pytest.mark.{name}(" in shown
    assert "@pytest.mark.mutates:" in shown

    strict = synthetic('@pytest.mark.journey("J")\n@pytest.mark.mutates\ndef test_it(): pass\n', "--strict-markers")
    assert strict.verdicts == ["passed"]


def test_a_mark_added_in_a_hook_counts_too(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.journey("added"))
""")
    assert synthetic("def test_it(): pass\n").verdicts == ["passed"]


def test_a_device_that_playwright_does_not_know(synthetic: Callable[..., Ran]) -> None:
    source = '@pytest.mark.journey("J")\n@pytest.mark.device("iPhone 51")\ndef test_it(page): pass\n'
    ran = synthetic(source, fresh=True, heavy=True)

    assert "@pytest.mark.device: 'iPhone 51'" in ran.out
    assert "Did you mean" in ran.out
