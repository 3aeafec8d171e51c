"""Which journeys there are, as the scheduler asks pytest: nothing runs, and no file takes another along."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.model import wire
from pytest_synthetic.model.journey import Schedule
from pytest_synthetic.model.plan import Catalogue
from tests.conftest import QUICK

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.model.plan import Listed

    Catalogued = Callable[..., Catalogue]

GOOD = """
import pytest

@pytest.mark.journey("Good")
@pytest.mark.schedule("5m")
def test_good(journey):
    raise SystemExit("it ran")
"""


@pytest.fixture
def catalogued(pytester: pytest.Pytester) -> Catalogued:
    """The catalogue of `files`, by name, and of a file with one good journey."""

    def collect(*arguments: str, ret: int | None = None, **files: str) -> Catalogue:
        pytester.makepyfile(test_good=GOOD, **{name: f"import pytest\n{source}" for name, source in files.items()})
        file = pytester.path / "catalogue.json"
        result = pytester.runpytest_inprocess(*QUICK, "-q", f"--synthetic-catalogue={file}", *arguments)
        assert ret is None or result.ret == ret
        told: Any = json.loads(file.read_text("utf-8"))
        return wire.build(Catalogue, told, called="catalogue")

    return collect


def named(catalogue: Catalogue, name: str) -> Listed:
    (only,) = [listed for listed in catalogue.journeys if listed.spec.name == name]
    return only


def why(catalogue: Catalogue) -> dict[str, str]:
    return {each.file: each.why for each in catalogue.unreadable}


def test_a_journey_stands_once_for_all_its_variants(catalogued: Catalogued, pytester: pytest.Pytester) -> None:
    (pytester.path / "synthetic.toml").write_text('[regions.eu]\nproxy = "http://127.0.0.1:9"\n')
    source = """
@pytest.mark.journey("Buy", owner="payments")
@pytest.mark.schedule("0 7 * * *", timezone="Europe/Paris")
@pytest.mark.region("eu")
@pytest.mark.parametrize("number", range(3))
def test_buy(journey, number): ...

def test_of_no_journey(): ...
"""
    found = catalogued("--synthetic-region=eu", test_shop=source, ret=0)
    buy = named(found, "Buy")

    assert len(found.journeys) == 2
    assert buy.nodeid == "test_shop.py::test_buy"
    assert buy.spec.id == "test_shop.test_buy"
    assert buy.spec.owner == "payments"
    assert buy.spec.regions == ("eu",)
    assert buy.spec.schedule == Schedule(cron="0 7 * * *", timezone="Europe/Paris")


def test_a_method_is_asked_for_with_its_class(catalogued: Catalogued) -> None:
    source = """
class TestShop:
    class TestInside:
        @pytest.mark.journey("Buy")
        @pytest.mark.parametrize("number", range(2))
        def test_buy(self, journey, number): ...
"""
    assert named(catalogued(test_shop=source), "Buy").nodeid == "test_shop.py::TestShop::TestInside::test_buy"


def test_a_nodeid_is_what_pytest_is_asked_for_where_it_was_started(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not seen from pytest's root, which its settings may put elsewhere."""
    pytester.makeini("[pytest]")
    shop = pytester.mkdir("shop")
    (shop / "test_good.py").write_text(GOOD)
    monkeypatch.chdir(shop)
    pytester.runpytest_inprocess(*QUICK, "--synthetic-catalogue=catalogue.json")
    (journey,) = json.loads((shop / "catalogue.json").read_text())["journeys"]

    assert journey["nodeid"] == "test_good.py::test_good"
    assert journey["spec"]["id"] == "shop.test_good.test_good"


@pytest.mark.parametrize("fixture", ["page", "new_context", "basket", "api"])
def test_what_drives_a_browser_is_told(catalogued: Catalogued, fixture: str) -> None:
    source = f"""
@pytest.fixture
def page(): ...
@pytest.fixture
def new_context(): ...
@pytest.fixture
def basket(page): ...
@pytest.mark.journey("Buy")
def test_buy(journey, {fixture}): ...
"""
    assert named(catalogued(test_shop=source), "Buy").browser is (fixture != "api")


def test_a_journey_that_is_skipped_or_fails_as_expected_is_watched(catalogued: Catalogued) -> None:
    """Its runs are recorded as skipped: whoever looks at the history sees why it says nothing."""
    source = """
@pytest.mark.skip(reason="being rebuilt")
@pytest.mark.journey("Skipped")
def test_skipped(journey): ...

@pytest.mark.xfail(reason="INC-7")
@pytest.mark.journey("Expected to fail")
def test_xfail(journey): ...
"""
    assert {listed.spec.name for listed in catalogued(test_shop=source).journeys} == {
        "Good", "Skipped", "Expected to fail",
    }  # fmt: skip


def test_what_the_users_options_leave_out_is_left_out(catalogued: Catalogued) -> None:
    source = '@pytest.mark.journey("Slow")\ndef test_slow(journey): ...'

    assert [listed.spec.name for listed in catalogued("-k", "not slow", test_shop=source).journeys] == ["Good"]


# -- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere' (test_bad.py:2 in <module>)"),
        ("def test_it(:", "SyntaxError: invalid syntax (test_bad.py:2)"),
        ("1 / 0", "ZeroDivisionError: division by zero (test_bad.py:2 in <module>)"),
        ("raise SystemExit('no shop')", "it ends Python when it is imported: SystemExit: no shop"),
        ("pytest.fail('no shop')", "no shop"),
        (
            '@pytest.mark.journey("Bad", stag="purchase")\ndef test_bad(journey): ...',
            "test_bad.py:2: @pytest.mark.journey: no argument 'stag'. ",
        ),
        (
            '@pytest.mark.journey("Bad")\n@pytest.mark.schedule("5 monkeys")\ndef test_bad(journey): ...',
            "test_bad.py:3: @pytest.mark.schedule: '5 monkeys' is neither an interval",
        ),
        (
            'class TestBad:\n    @pytest.mark.journey("Bad", owner=7)\n    def test_bad(self, journey): ...\n'
            '@pytest.mark.journey("Beside")\ndef test_beside(journey): ...',
            "test_bad.py:3: @pytest.mark.journey: owner=7: expected a text that is not empty",
        ),
        (
            'import unittest\nclass TestBad(unittest.TestCase):\n    @pytest.mark.journey("Bad")\n'
            "    def test_bad(self): ...",
            "test_bad.py:4: a method of unittest.TestCase cannot be a journey",
        ),
        (
            '@pytest.mark.journey("Bad")\n@pytest.mark.parametrize("x", [1])\ndef test_bad(journey): ...',
            "function uses no argument 'x'",
        ),
    ],
)
def test_a_file_that_cannot_be_read_takes_no_other_along(catalogued: Catalogued, source: str, said: str) -> None:
    found = catalogued(test_bad=source)

    assert [listed.spec.name for listed in found.journeys] == ["Good"]
    assert list(why(found)) == ["test_bad.py"]
    assert said in why(found)["test_bad.py"]
    assert "\n" not in why(found)["test_bad.py"]


def test_two_journeys_of_one_id_are_both_not_read(catalogued: Catalogued) -> None:
    """Nobody can say which of them was watched until now."""
    twin = '@pytest.mark.journey("Buy", id="shop.buy")\ndef test_buy(journey): ...'
    found = catalogued(test_one=twin, test_other=twin)

    assert [listed.spec.name for listed in found.journeys] == ["Good"]
    assert list(why(found)) == ["test_one.py", "test_other.py"]
    assert 'journey id "shop.buy" is used twice: test_one.py:2 and test_other.py:2' in why(found)["test_one.py"]


def test_a_folder_whose_conftest_cannot_be_read(catalogued: Catalogued, pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("shop")
    (folder / "conftest.py").write_text("import nowhere")
    (folder / "test_buy.py").write_text(GOOD)

    assert why(catalogued()) == {
        "shop": "ModuleNotFoundError: No module named 'nowhere' (shop/conftest.py:1 in <module>)"
    }


def test_a_file_that_skips_itself_is_told_apart(catalogued: Catalogued) -> None:
    found = catalogued(
        test_app='pytest.importorskip("nowhere")', test_old='pytest.skip("old", allow_module_level=True)'
    )

    assert not found.unreadable
    assert {each.file: each.why for each in found.skipped} == {
        "test_app.py": "could not import 'nowhere': No module named 'nowhere'",
        "test_old.py": "old",
    }


def test_why_a_file_cannot_be_read_tells_no_secret(
    catalogued: Catalogued, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "kiwi-4711-Quartz")
    (pytester.path / "synthetic.toml").write_text('[secrets]\nSHOP_PASSWORD = { env = "SHOP_PASSWORD" }\n')
    found = catalogued(test_bad="raise ValueError('kiwi-4711-Quartz')")

    assert "ValueError: [redacted:SHOP_PASSWORD]" in why(found)["test_bad.py"]


def test_a_users_addopts_neither_run_anything_nor_end_at_the_first_error(
    catalogued: Catalogued, pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]\naddopts = -x --maxfail=1")
    found = catalogued(test_a_bad="1 / 0", test_b_bad="1 / 0")

    assert [listed.spec.name for listed in found.journeys] == ["Good"]
    assert list(why(found)) == ["test_a_bad.py", "test_b_bad.py"]


def test_no_journey_is_a_catalogue_too(pytester: pytest.Pytester) -> None:
    pytester.runpytest_inprocess(*QUICK, "--synthetic-catalogue=catalogue.json")

    assert json.loads((pytester.path / "catalogue.json").read_text())["journeys"] == []


@pytest.mark.parametrize("toml", ["nonsense = 1\n", "[history"])
def test_settings_that_cannot_be_read_leave_no_catalogue(pytester: pytest.Pytester, toml: str) -> None:
    (pytester.path / "synthetic.toml").write_text(toml)
    result = pytester.runpytest_inprocess(*QUICK, "--synthetic-catalogue=catalogue.json")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert not (pytester.path / "catalogue.json").exists()


def test_a_catalogue_that_cannot_be_written_is_said(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*QUICK, "--synthetic-catalogue=nowhere/catalogue.json")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "nowhere/catalogue.json: cannot be written: No such file or directory" in str(result.stderr)
