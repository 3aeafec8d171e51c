"""The text file under promtool, and scraped by a real Prometheus, both from Debian's packages."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from tests.end_to_end.receiver import receiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Ran

Ask: TypeAlias = Callable[[str], list[tuple[dict[str, str], float]]]

MISSING = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("quick"),
    pytest.mark.skipif(  # in CI they must be there: the tests then fail
        bool(MISSING) and not os.environ.get("CI"),
        reason=f"not installed: {', '.join(MISSING)}. On Debian: apt-get install --no-install-recommends prometheus",
    ),
]

JOURNEYS = r"""
import time

@pytest.mark.journey("Check out: \"cash\" \\ {card}", owner="payments", stage="purchase")
@pytest.mark.sla("30s")
def test_good(journey):
    with journey.step("pay", sla="4s"):
        with journey.step('enter "4111"'):
            time.sleep(0.01)

@pytest.mark.journey("Search")
def test_bad(journey):
    with journey.step("find"):
        raise AssertionError("not there")

@pytest.mark.parametrize("carrier", ["Alto", "Brio"])
@pytest.mark.journey("Sign up")
def test_broken(journey, carrier):
    raise RuntimeError("a mistake in the test")

@pytest.mark.journey("Later")
def test_later(journey):
    pytest.skip("not now")
"""
TOML = '[metrics]\nprometheus = "out/synthetic.prom"\n'


@pytest.fixture
def text(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> bytes:
    """What two sessions wrote."""
    synthetic(JOURNEYS, toml=TOML)
    ran = synthetic(JOURNEYS, toml=TOML)
    assert "note: metrics" not in ran.out
    return (pytester.path / "out" / "synthetic.prom").read_bytes()


def test_promtool_finds_nothing_to_say(text: bytes) -> None:
    said = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)

    assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")


def test_a_real_prometheus_scrapes_and_answers(text: bytes, tmp_path: Path) -> None:
    with receiver(lambda _: (200, text)) as exporter, prometheus(tmp_path, exporter.url) as ask:
        scraped = ask("count(synthetic_run_verdict)")
        failed = ask('synthetic_run_verdict{verdict="failed"} == 1')
        named = ask("synthetic_run_success * on (instance, journey) group_left (name) synthetic_journey_info")
        steps = ask("synthetic_step_duration_seconds")
        runs = ask('synthetic_runs_total{verdict="broken"} > 0')
        age = ask("time() - synthetic_run_timestamp_seconds")
        kept = ask("synthetic_run_duration_seconds <= bool synthetic_run_promised_seconds")

    assert scraped == [({}, 35.0)]
    assert [labels["journey"] for labels, _ in failed] == ["test_shop.test_bad"]
    assert {labels["name"] for labels, _ in named} == {'Check out: "cash" \\ {card}', "Search"}
    assert {labels["step"] for labels, _ in steps} == {"pay", 'pay > enter "4111"', "find"}
    assert all(value > 0 for _, value in steps)
    assert [(labels["parameters"], value) for labels, value in runs] == [("carrier=Alto", 2.0), ("carrier=Brio", 2.0)]
    assert len(age) == 5
    assert all(0 <= value < 600 for _, value in age)
    assert [value for _, value in kept] == [1.0]


@contextlib.contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Ask]:
    """A Prometheus that scrapes `target` every 100 ms, until the block ends; what it gives asks a query."""
    assert not MISSING, f"CI needs {', '.join(MISSING)}: apt-get install --no-install-recommends prometheus"
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    scrape = {"job_name": "synthetic", "static_configs": [{"targets": [target.removeprefix("http://")]}]}
    every = {"scrape_interval": "100ms", "scrape_timeout": "100ms"}
    config = folder / "prometheus.yml"
    config.write_text(json.dumps({"global": every, "scrape_configs": [scrape]}), encoding="utf-8")
    where = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["prometheus", *where], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        ends = time.monotonic() + 60
        while not _scraped(address):
            assert time.monotonic() < ends, (folder / "log").read_text()
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield partial(_asked, address)
    finally:
        process.kill()  # what it keeps is of no use to anybody
        process.wait()


def _scraped(address: str) -> bool:
    try:
        return bool(_asked(address, "synthetic_run_verdict"))
    except OSError:
        return False


def _asked(address: str, query: str) -> list[tuple[dict[str, str], float]]:
    asked = urllib.parse.urlencode({"query": query})
    with urllib.request.urlopen(f"http://{address}/api/v1/query?{asked}", timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return [(each["metric"], float(each["value"][1])) for each in found]
