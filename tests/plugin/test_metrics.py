"""[metrics] in a session: what is missing is told before anything runs, and nothing is loaded that was not asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

ONE = '@pytest.mark.journey("Checkout")\ndef test_it(journey): pass\n'


@pytest.mark.parametrize(
    ("setting", "package", "told"),
    [
        ('prometheus = "a.prom"', "prometheus_client", "metrics.prometheus needs prometheus_client. Run: pip install 'pytest-synthetic[metrics]'"),
        ('otlp = "http://127.0.0.1:4318"', "opentelemetry", "metrics.otlp needs opentelemetry. Run: pip install 'pytest-synthetic[otel]'"),
    ],
)  # fmt: skip
def test_a_package_that_is_not_installed(
    synthetic: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, setting: str, package: str, told: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package or ".reports." in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    ran = synthetic(ONE, toml=f"[metrics]\n{setting}\n")

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    assert told in str(ran.result.stderr)
    assert ran.runs == ()


def test_a_session_without_the_setting_loads_none_of_it(synthetic: Callable[..., Ran]) -> None:
    source = """
import sys
@pytest.mark.journey("Checkout")
def test_it(journey):
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not loaded & {"prometheus_client", "opentelemetry", "google"}
    assert "pytest_synthetic.reports.push" not in sys.modules
"""
    assert synthetic(source, toml='product = "P"\n', fresh=True).verdicts == ["passed"]


def test_the_file_lies_beside_the_settings(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    synthetic(ONE, toml='[metrics]\nprometheus = "out/synthetic.prom"\n')

    text = (pytester.path / "out" / "synthetic.prom").read_text(encoding="utf-8")
    assert 'synthetic_journey_info{criticality="high",journey="test_shop.test_it",name="Checkout"' in text


def test_a_session_without_a_journey_writes_nothing(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    synthetic("def test_it(): pass\n", toml='[metrics]\nprometheus = "out/synthetic.prom"\n')

    assert not (pytester.path / "out").exists()


def test_a_file_that_cannot_be_written_changes_nothing(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester
) -> None:
    (pytester.path / "out").touch()
    ran = synthetic(ONE, toml='[metrics]\nprometheus = "out/synthetic.prom"\n')

    assert ran.verdicts == ["passed"]
    assert ran.result.ret == 0
    assert "is without this session's runs: " in " ".join(ran.out.split())


def test_secrets_of_a_run_are_not_in_the_file(synthetic: Callable[..., Ran], pytester: pytest.Pytester) -> None:
    source = """
@pytest.mark.parametrize("login", ["hunter2-very-secret"])
@pytest.mark.journey("Checkout")
def test_it(journey, secrets, login):
    secrets["PASSWORD"]
    with journey.step(f"type {login}"): pass
"""
    pytester.path.joinpath("password").write_text("hunter2-very-secret", encoding="utf-8")
    toml = '[metrics]\nprometheus = "out/synthetic.prom"\n[secrets]\nPASSWORD = { file = "password" }\n'
    ran = synthetic(source, toml=toml)

    text = (pytester.path / "out" / "synthetic.prom").read_text(encoding="utf-8")
    assert ran.verdicts == ["passed"]
    assert "synthetic_step_duration_seconds" in text
    assert "hunter2" not in text
