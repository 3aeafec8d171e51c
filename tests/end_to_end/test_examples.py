"""The examples are run as a user runs them: from a copy of their folder, by a pytest of their own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.config.policies import policy_of
from pytest_synthetic.demo import server
from pytest_synthetic.demo.faults import parse_faults
from pytest_synthetic.model.verdict import Verdict
from tests.end_to_end import dovecot

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "conftest_examples"

pytestmark = pytest.mark.slow


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of an example, without what earlier runs by hand left there."""

    def copy(name: str) -> Path:
        left = shutil.ignore_patterns(
            ".synthetic", ".pytest_cache", "__pycache__", "allure-*", "test-results", "*.egg-info"
        )
        return shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=left)

    return copy


def verdicts(session: Any) -> Counter[tuple[str, str, str | None, str]]:
    return Counter((run.journey, run.region, run.device, run.verdict.value) for run in session.runs)


def test_every_example_has_its_test_and_says_what_it_shows() -> None:
    found = {path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name != "__pycache__"}
    tested = set(re.findall(r'example\("(\w+)"\)', Path(__file__).read_text(encoding="utf-8")))
    assert found == tested
    for name in found:
        readme = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
        assert readme.startswith(f"# {name}\n\n"), name
        assert list((EXAMPLES / name).glob("test_*.py")), name
        assert (EXAMPLES / name / "conftest.py").is_file(), name


def test_minimal(example: Callable[[str], Path], run_pytest: Any) -> None:
    session = run_pytest(example("minimal"))

    assert session.code == 0, session.out
    (run,) = session.runs
    assert run.verdict is Verdict.PASSED
    assert [step.name for step in run.steps] == ["open the product", "add it to the cart"]


def test_shop_web_and_api(example: Callable[[str], Path], run_pytest: Any) -> None:
    session = run_pytest(example("shop_web_and_api"))

    assert session.code == 0, session.out
    assert verdicts(session) == {
        ("look", "local", "desktop", "passed"): 1,
        ("look", "local", "iPhone 15", "passed"): 1,
        ("buy", "local", "desktop", "passed"): 1,
        ("train", "local", "desktop", "passed"): 1,
        ("api-order", "local", None, "passed"): 1,
        ("api-products", "local", None, "passed"): 2,
    }
    order = session.named("Order by API")
    assert [artifact.name for artifact in order.artifacts] == ["order"]
    assert order.mutates
    assert session.named("Look at a kettle on the train").network == "train"


PASSWORD = "kettles-for-ada"


@pytest.mark.parametrize(("marked", "verdict"), [(True, "passed"), (False, "broken")])
def test_production_safe(
    example: Callable[[str], Path], run_pytest: Any, monkeypatch: pytest.MonkeyPatch, marked: bool, verdict: str
) -> None:
    """As its README says: the guard stands in the way without the mark, and the password is nowhere."""
    folder = example("production_safe")
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    if not marked:
        suite = folder / "test_order.py"
        suite.write_text(suite.read_text(encoding="utf-8").replace("@pytest.mark.mutates\n", ""), encoding="utf-8")
    session = run_pytest(folder, "--alluredir=allure-results", "--junitxml=junit.xml", "-rA")

    assert session.named("Order a kettle").verdict.value == verdict, session.out
    assert session.named("Look at the order page").verdict is Verdict.PASSED
    assert PASSWORD not in session.out
    written = [path for path in folder.rglob("*") if path.is_file() and path.name != "README.md"]
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]
    assert ("[redacted:SHOP_PASSWORD]" in session.out) is marked
    assert not list((folder / ".synthetic/created").glob("*.jsonl")), "the order is removed"


@dovecot.needs_dovecot
def test_email_imap(example: Callable[[str], Path], run_pytest: Any) -> None:
    session = run_pytest(example("email_imap"), "-n2")

    assert session.code == 0, session.out
    assert verdicts(session) == {("confirm", "local", None, "passed"): 1, ("two", "local", None, "passed"): 1}
    (delivery,) = [
        one for one in session.named("Confirm an e-mail address").measurements if one.name == "email.delivery"
    ]
    assert 0 < delivery.value < 10


def test_regions_through_proxies(example: Callable[[str], Path], run_pytest: Any) -> None:
    session = run_pytest(example("regions_through_proxies"), "--synthetic-region", "eu-west,us-east")

    assert session.code == 0, session.out
    assert verdicts(session) == {
        ("price", "eu-west", "desktop", "passed"): 1,
        ("price", "us-east", "desktop", "passed"): 1,
        ("api-price", "eu-west", None, "passed"): 1,
        ("api-price", "us-east", None, "passed"): 1,
        ("french", "eu-west", "desktop", "passed"): 1,
        ("french", "us-east", "desktop", "skipped"): 1,
    }
    carried = dict(re.findall(r"(\w+_PROXY) carried (\d+) connections", session.out))
    assert set(carried) == {"EU_PROXY", "US_PROXY"}
    assert all(int(count) > 0 for count in carried.values()), session.out


def test_traffic_of_one_region_crosses_its_proxy_alone(example: Callable[[str], Path], run_pytest: Any) -> None:
    session = run_pytest(example("regions_through_proxies"), "--synthetic-region", "us-east")

    assert session.code == 0, session.out
    carried = dict(re.findall(r"(\w+_PROXY) carried (\d+) connections", session.out))
    assert int(carried["US_PROXY"]) > 0
    assert carried["EU_PROXY"] == "0"


def test_own_provider(example: Callable[[str], Path], run_pytest: Any) -> None:
    folder = example("own_provider")
    installed(folder)
    session = run_pytest(folder, "-rs")

    assert session.code == 0, session.out
    (run,) = session.runs
    assert (run.name, run.verdict) == ("Sign up by SMS", Verdict.PASSED)
    assert ("sms.delivery", "ask for a code") in [(taken.name, taken.step) for taken in run.measurements]
    assert "16 passed, 2 skipped" in session.out
    assert "the provider has no wait_hint: it is asked at intervals" in session.out


def installed(folder: Path) -> None:
    """What `pip install -e` leaves for Python to find: the entry points that pyproject.toml declares."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in entries.items())
        for group, entries in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text(points, encoding="utf-8")


def test_the_provider_of_the_how_to_is_the_example_s() -> None:
    page = (ROOT / "docs" / "how-to" / "add-a-provider.md").read_text(encoding="utf-8")
    files = ("shop_outbox.py", "pyproject.toml", "test_shop_outbox.py", "test_sign_up.py")
    shown = [(EXAMPLES / "own_provider" / name).read_text(encoding="utf-8") for name in files]

    assert max(text.count("\n") for text in shown) < 60
    assert [name for name, text in zip(files, shown, strict=True) if f"\n{text}```" not in page] == []


@pytest.mark.parametrize("arguments", [(), ("-n2",)], ids=["alone", "workers"])
def test_sms_twilio(
    example: Callable[[str], Path], run_pytest: Any, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.delenv("TWILIO_ACCOUNT_SID", raising=False)
    session = run_pytest(example("sms_twilio"), *arguments)

    assert session.code == 0, session.out
    (run,) = session.runs
    assert (run.name, run.verdict) == ("Sign up by SMS", Verdict.PASSED)
    deliveries = [(taken.step, taken.labels["carrier"]) for taken in run.measurements if taken.name == "sms.delivery"]
    assert deliveries == [("ask for a code", "Twilio")]


@pytest.mark.flaky(reruns=2)  # its steps promise seconds, which a busy machine may not keep
@pytest.mark.parametrize(
    ("faults", "verdict", "step"), [((), "passed", None), (("wrong-price",), "failed", "see the price")]
)
def test_the_journey_of_the_readme(
    faults: tuple[str, ...], verdict: str, step: str | None, tmp_path: Path, run_pytest: Any
) -> None:
    journey = next(
        iter(re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL))
    )
    (tmp_path / "test_buy.py").write_text(journey, encoding="utf-8")

    with server.serve(faults=parse_faults(faults)) as shop:
        session = run_pytest(tmp_path, "--base-url", shop.base_url)

    (run,) = session.runs
    assert (run.verdict.value, run.failure.step if run.failure else None) == (verdict, step), session.out


def test_scheduled(example: Callable[[str], Path], run_pytest: Any) -> None:
    folder = example("scheduled")
    session = run_pytest(folder)

    assert session.code == 0, session.out
    assert verdicts(session) == {("prices", "local", None, "passed"): 1, ("kettle", "local", None, "passed"): 1}
    listed = json.loads(synthetic(folder, "list", "--format", "json"))
    assert [plan["journey"] for plan in listed["plans"]] == ["prices", "kettle"]
    assert "every 30 s" in listed["plans"][0]["schedule"]
    (run,) = json.loads(synthetic(folder, "run", "prices", "--format", "json"))
    assert run["verdict"] == "passed"


def test_alerting(example: Callable[[str], Path], run_pytest: Any) -> None:
    folder = example("alerting")
    session = run_pytest(folder)

    assert session.code == 0, session.out
    assert verdicts(session) == {("order", "local", None, "passed"): 1, ("prices", "local", None, "passed"): 1}
    settings = files.load(folder / "synthetic.toml", {})
    assert [
        (name, policy_of(settings, journey_id=name, name=name, stage=stage, owner=None).name)
        for name, stage in (("order", "purchase"), ("prices", "awareness"))
    ] == [("order", "money"), ("prices", "prices")]
    told = synthetic(folder, "alerts", "explain")
    assert "Order a kettle" in told
    assert "keepers" in told


def synthetic(folder: Path, *arguments: str) -> str:
    program = "from pytest_synthetic.cli import main; main()"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
