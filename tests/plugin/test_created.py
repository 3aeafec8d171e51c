"""journey.created: noted before the journey goes on, removed when it ends, and told when it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Ran

REMOVERS = """
from pathlib import Path
LOG = Path(__file__).with_name("log")

def order(identity, settings):
    with LOG.open("a") as file:
        file.write(f"{identity}\\n")
    if str(identity).startswith("stuck"):
        raise ValueError("the shop is closed")
"""
MARK = '@pytest.mark.journey("Buy")\n'


@pytest.fixture
def removed(pytester: pytest.Pytester) -> Callable[[], list[str]]:
    """Register the remover `order`; what it was called with."""
    pytester.makepyfile(shop_removers=REMOVERS)
    info = pytester.mkdir("shop_removers-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-removers\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[pytest_synthetic_remove]\norder = shop_removers:order\n", encoding="utf-8")
    pytester.syspathinsert()
    log = pytester.path / "log"
    return lambda: log.read_text(encoding="utf-8").splitlines() if log.is_file() else []


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    return pytester.path / ".synthetic" / "created"


def entries(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8").split("\n")[0]) for path in sorted(folder.glob("*.json"))]


def notes(ran: Ran) -> list[str]:
    return [line.removeprefix("note: ") for line in ran.out.splitlines() if line.startswith("note: ")]


def test_it_is_on_the_disk_before_the_journey_goes_on_and_gone_after(
    synthetic: Callable[..., Ran], removed: Callable[[], list[str]], folder: Path
) -> None:
    ran = synthetic(
        MARK
        + """
def test_it(journey, pytestconfig):
    journey.created("order", "KS-1", remove="order")
    assert "KS-1" in next((pytestconfig.rootpath / ".synthetic/created").glob("*.json")).read_text()
"""
    )

    assert ran.verdicts == ["passed"], ran.out
    assert removed() == ["KS-1"]
    assert notes(ran) == []
    assert [path.name for path in folder.iterdir()] == [".gitignore"]


@pytest.mark.parametrize(
    ("end", "verdict"),
    [
        ("assert 0", "failed"),
        ("raise ValueError", "broken"),
        ("pytest.skip('no')", "skipped"),
        ("raise KeyboardInterrupt", "broken"),
        ("pytest.exit('enough')", "broken"),
    ],
)
def test_it_is_removed_newest_first_however_the_journey_ends(
    synthetic: Callable[..., Ran], removed: Callable[[], list[str]], end: str, verdict: str
) -> None:
    ran = synthetic(
        MARK
        + f"""
def test_it(journey):
    for number in range(3):
        journey.created("order", number, remove="order")
    {end}
""",
        fresh="KeyboardInterrupt" in end,
    )

    assert ran.verdicts == [verdict], ran.out
    assert removed() == ["2", "1", "0"]


def test_fixtures_create_and_outlive_what_the_body_created(
    synthetic: Callable[..., Ran], removed: Callable[[], list[str]], folder: Path
) -> None:
    ran = synthetic(
        """
from shop_removers import order

@pytest.fixture
def customer(journey):
    journey.created("customer", "anna", remove="order")
    yield
    order("fixture", None)
    journey.created("audit", "late", remove="order")

"""
        + MARK
        + """
def test_it(journey, customer):
    journey.created("order", "KS-1", remove="order")
"""
    )

    assert ran.verdicts == ["passed"], ran.out
    assert removed() == ["KS-1", "anna", "fixture", "late"]
    assert entries(folder) == []


@pytest.mark.parametrize(("end", "verdict"), [("pass", "passed"), ("assert 0", "failed")])
def test_a_removal_that_fails_changes_no_verdict_and_is_told(
    synthetic: Callable[..., Ran], removed: Callable[[], list[str]], folder: Path, end: str, verdict: str
) -> None:
    source = MARK + f"def test_it(journey):\n    journey.created('order', 'stuck-1', remove='order')\n    {end}\n"
    ran = synthetic(source)

    assert ran.verdicts == [verdict], ran.out
    assert notes(ran) == [
        "order stuck-1 could not be removed: ValueError: the shop is closed",
        "1 object that a run created still exists: order stuck-1 (ValueError: the shop is closed; 1 try). "
        "Run: synthetic cleanup",
    ]
    assert [(one["kind"], one["identity"], one["journey"]) for one in entries(folder)] == [("order", "stuck-1", "Buy")]


@pytest.mark.parametrize("arguments", [(), ("-n2",)], ids=["alone", "workers"])
def test_every_later_run_shows_what_is_left(
    synthetic: Callable[..., Ran], removed: Callable[[], list[str]], folder: Path, arguments: tuple[str, ...]
) -> None:
    synthetic(MARK + "def test_it(journey):\n    journey.created('order', 'stuck-1', remove='order')\n")
    (folder / "x.damaged").write_text("", encoding="utf-8")
    (folder.parents[1] / "s.toml").write_text("", encoding="utf-8")
    ran = synthetic(MARK + "def test_it(journey): pass\n", "--synthetic-config", "s.toml", *arguments)

    assert ran.verdicts == ["passed"], ran.out
    assert notes(ran) == [
        "1 object that a run created still exists: order stuck-1 (ValueError: the shop is closed; 1 try); "
        "1 of the ledger's files is damaged. Run: synthetic cleanup --config s.toml"
    ]
    assert removed() == ["stuck-1"]


def test_workers_each_remove_their_own(synthetic: Callable[..., Ran], removed: Callable[[], list[str]]) -> None:
    ran = synthetic(
        '@pytest.mark.parametrize("n", range(6))\n'
        + MARK
        + "def test_it(journey, n):\n    journey.created('order', n, remove='order')\n",
        "-n2",
        fresh=True,
    )

    assert ran.verdicts == ["passed"] * 6, ran.out
    assert sorted(removed()) == ["0", "1", "2", "3", "4", "5"]
    assert notes(ran) == []


def test_what_the_journey_removed_itself_is_struck_out(
    synthetic: Callable[..., Ran], removed: Callable[[], list[str]]
) -> None:
    ran = synthetic(
        MARK
        + """
def test_it(journey):
    journey.created("order", "KS-1", remove="order")
    journey.created("order", "KS-2", remove="order")
    journey.removed("order", "KS-1")
"""
    )

    assert ran.verdicts == ["passed"], ran.out
    assert removed() == ["KS-2"]


@pytest.mark.parametrize(
    ("call", "fault", "claim"),
    [
        ("journey.removed('order', 'KS-2')", "test", "journey.removed('order', KS-2): this run created order KS-1"),
        ("journey.created('order', 'KS-2')", "test", "missing 1 required keyword-only argument: 'remove'"),
        ("journey.created('order', 'KS-2', remove=print)", "test", "remove= is builtin_function_or_method: expected"),
        ("journey.created('order', object(), remove='order')", "test", "object is no identity: expected a text"),
        (
            "journey.created('order', 'KS-2', remove='ordr')",
            "config",
            "order KS-2 is not in the ledger, remove it by hand: remove='ordr': nothing is registered as 'ordr'",
        ),
    ],
)
def test_what_is_written_wrongly_is_broken(
    synthetic: Callable[..., Ran], removed: Callable[[], list[str]], call: str, fault: str, claim: str
) -> None:
    ran = synthetic(MARK + f"def test_it(journey):\n    journey.created('order', 'KS-1', remove='order')\n    {call}\n")

    assert (ran.run.verdict, ran.run.fault) == ("broken", fault), ran.out
    assert ran.run.failure
    assert claim in ran.run.failure.message
    assert removed() == ["KS-1"]


@pytest.mark.parametrize(("identity", "again"), [("KS-1", "removed again."), ("stuck", "removed again in vain: Value")])
def test_without_a_ledger_the_journey_stops_before_its_next_step(
    synthetic: Callable[..., Ran],
    removed: Callable[[], list[str]],
    folder: Path,
    identity: str,
    again: str,
) -> None:
    folder.parent.mkdir()
    folder.write_text("", encoding="utf-8")
    ran = synthetic(
        MARK
        + f"""
def test_it(journey):
    with journey.step("pay"):
        journey.created("order", "{identity}", remove="order")
    with journey.step("pay again"):
        pass
"""
    )

    assert (ran.run.verdict, ran.run.fault) == ("broken", "runner"), ran.out
    assert [step.name for step in ran.run.steps] == ["pay"]
    assert ran.run.failure
    assert f"{folder} cannot be written: " in ran.run.failure.message
    assert f"order {identity} was {again}" in ran.run.failure.message
    assert removed() == [identity]


def test_a_ledger_that_cannot_be_read_changes_nothing(synthetic: Callable[..., Ran], folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{'a' * 32}-00001.json").mkdir()
    ran = synthetic(MARK + "def test_it(journey): pass\n")

    assert ran.result.ret == 0
    assert ran.verdicts == ["passed"]
    (told,) = notes(ran)
    assert told == f"{folder} cannot be read: Is a directory. What runs created may still exist"


def test_the_time_it_takes_is_not_the_journey_s(
    synthetic: Callable[..., Ran], removed: Callable[[], list[str]]
) -> None:
    ran = synthetic(
        """
@pytest.mark.journey("Buy")
@pytest.mark.sla("100ms")
def test_it(journey):
    for number in range(100):
        journey.created("order", number, remove="order")
"""
    )

    assert ran.verdicts == ["passed"], ran.out


def test_until_something_is_created_nothing_is_imported(synthetic: Callable[..., Ran]) -> None:
    ran = synthetic(
        MARK
        + """
def test_it(journey):
    import sys
    assert "pytest_synthetic.ledger" not in sys.modules
""",
        fresh=True,
    )

    assert ran.verdicts == ["passed"], ran.out


AWAY = '[history]\nurl = "postgresql://me:secret@127.0.0.1:9/history"\n'


def test_a_shared_ledger_that_is_away_is_said_once_and_loses_nothing(
    synthetic: Callable[..., Ran], removed: Callable[[], list[str]], folder: Path
) -> None:
    ran = synthetic(
        '@pytest.mark.parametrize("n", range(3))\n'
        + MARK
        + "def test_it(journey, n):\n    journey.created('order', 'stuck' if n else 'KS-1', remove='order')\n",
        toml=AWAY,
        fresh=True,  # a database's modules do not bear to be forgotten
    )

    assert ran.verdicts == ["passed"] * 3, ran.out
    assert removed() == ["KS-1", "stuck", "stuck"]
    assert [one["identity"] for one in entries(folder)] == ["stuck", "stuck"]
    (told,) = [note for note in notes(ran) if "cannot note what runs create" in note]
    assert told.startswith(
        "postgresql://me:[redacted:url_password]@127.0.0.1:9/history cannot note what runs create: connection failed: "
    )
    assert told.endswith(f"in {folder}, where `synthetic cleanup` finds it")
    assert notes(ran)[-1].startswith("2 objects that runs created still exist: order stuck")
    assert "secret" not in ran.out


def test_a_shared_ledger_is_asked_after_a_journey_alone(synthetic: Callable[..., Ran]) -> None:
    assert notes(synthetic("def test_it(): pass\n", toml=AWAY, fresh=True)) == []
    told = notes(synthetic(MARK + "def test_it(journey): pass\n", toml=AWAY, fresh=True))
    assert [note for note in told if "cannot be read" in note and note.endswith("What runs created may still exist")]
