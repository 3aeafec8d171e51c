"""The fixture `secrets` in pytest itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.plugin import session_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

TOML = '[secrets]\nSHOP_PASSWORD = { env = "SHOP" }\nVAULT = { provider = "paper" }\n'
PROVIDER = """
ASKED = []

def read(name):
    ASKED.append(name)
    return f"paper-of-{name}"
"""


@pytest.fixture
def stranger(pytester: pytest.Pytester) -> None:
    """Install a provider of secrets as another distribution would."""
    pytester.makepyfile(paper_secrets=PROVIDER)
    info = pytester.mkdir("paper_secrets-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paper-secrets\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[pytest_synthetic.secrets]\npaper = paper_secrets:read\n", encoding="utf-8")
    pytester.syspathinsert()


def test_a_journey_reads_its_secrets(
    synthetic: Callable[..., Ran], stranger: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "hunter2-xyz")
    monkeypatch.setenv("NOT_IN_THE_TABLE", "hunter3-xyz")
    ran = synthetic(
        """
import paper_secrets

@pytest.mark.journey("Log in")
@pytest.mark.parametrize("time", [1, 2])
def test_log_in(secrets, time):
    assert secrets["SHOP_PASSWORD"] == "hunter2-xyz"
    assert secrets["NOT_IN_THE_TABLE"] == "hunter3-xyz"
    assert secrets["VAULT"] == "paper-of-VAULT"
    assert paper_secrets.ASKED == ["VAULT"]
""",
        toml=TOML,
    )
    assert ran.verdicts == ["passed", "passed"]


def test_arguments_and_locals_show_no_secret(synthetic: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", "hunter2-xyz")
    ran = synthetic(
        """
@pytest.fixture
def password(secrets):
    return secrets["SHOP_PASSWORD"]

def log_in(password):
    where = {"typed": password}
    raise AssertionError("not logged in")

@pytest.mark.journey("Log in")
def test_log_in(password):
    log_in(password)
""",
        "-l",
        toml=TOML,
    )
    assert ran.verdicts == ["failed"]
    assert "[redacted:SHOP_PASSWORD]" in ran.out
    assert "hunter2" not in ran.out


def test_a_missing_secret_breaks_the_run_in_words(
    synthetic: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP", raising=False)
    source = """
@pytest.mark.journey("Log in")
def test_log_in(secrets):
    secrets["SHOP_PASWORD"]
"""
    ran = synthetic(source, toml='[secrets]\nSHOP_PASSWORD = { env = "SHOP" }\n')

    assert ran.verdicts == ["broken"]
    failure = ran.run.failure
    assert failure is not None
    assert failure.fault == "config"
    assert 'the secret "SHOP_PASWORD" is neither in [secrets] nor in the environment' in failure.claim
    assert 'Did you mean "SHOP_PASSWORD"?' in failure.claim


def test_a_secret_that_would_blank_the_reports_ends_the_session(
    synthetic: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "true")
    ran = synthetic("def test_x(): pass", toml=TOML)

    assert ran.result.ret == pytest.ExitCode.USAGE_ERROR
    ran.result.stderr.fnmatch_lines(['*the secret "SHOP_PASSWORD" cannot be kept out of the reports: it is a common word*'])  # fmt: skip


def test_secrets_at_hand_are_declared_when_the_session_begins(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", "hunter2-xyz")
    (pytester.path / "synthetic.toml").write_text(TOML, encoding="utf-8")

    config = pytester.parseconfigure("-p", "no:playwright", "-p", "no:allure_pytest")

    assert session_of(config).redactor.text("in hunter2-xyz") == "in [redacted:SHOP_PASSWORD]"
