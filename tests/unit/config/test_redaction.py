"""[redact] and [secrets] read; secrets out of the environment, files, commands and providers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_synthetic.config import files, secret_sources
from pytest_synthetic.config.secret_sources import SecretSources
from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.errors import ConfigError

SHOUT = [sys.executable, "-c", "import sys; print('hunter2-é\\n'); print('hunter2-é', file=sys.stderr); sys.exit(int(sys.argv[1]))"]  # fmt: skip


def read(folder: Path, toml: str, **environ: str) -> tuple[SecretSources, Redactor]:
    path = folder / "synthetic.toml"
    path.write_text(toml, encoding="utf-8")
    settings = files.load(path, environ)
    redactor = Redactor(
        headers=settings.redact.headers, fields=settings.redact.fields, patterns=settings.redact.patterns
    )
    return SecretSources(settings.secrets, environ, folder, redactor), redactor


def test_redact_says_what_else_is_secret(tmp_path: Path) -> None:
    _, redactor = read(tmp_path, "[redact]\npatterns = ['cust-\\d+']\nheaders = ['X-Ticket']\nfields = ['iban_no']\n")

    assert redactor.text("X-Ticket: abc\ncust-12 iban_no=DE1&") == (
        "X-Ticket: [redacted:x-ticket]\n[redacted:pattern] iban_no=[redacted:iban_no]&"
    )


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("[redact]\npattern = []", r"2: redact.pattern: no such setting. .* Did you mean \"patterns\"\?"),
        ("[redact]\npatterns = ['a(']", r"2: redact.patterns: 'a\(' is no regular expression: missing \)"),
        ("[redact]\npatterns = ['x*']", r"2: redact.patterns: 'x\*' also fits an empty text"),
        ("[redact]\npatterns = 'x'", "2: redact.patterns: expected a list of regular expressions"),
        ("[redact]\nfields = ['a']", "2: redact.fields: expected a list of names of two characters or more"),
        (
            "[secrets]\nA = 'hunter2'",
            r"2: secrets.A: expected where the secret is, such as { env = \"SHOP_PASSWORD\" }",
        ),
        ("[secrets]\nA = {}", "2: secrets.A: give one of `env`, `file`, `command` and `provider`"),
        ("[secrets]\nA = { env = 'A', file = 'a' }", "2: secrets.A: give one of"),
        ("[secrets]\nA = { environ = 'A' }", r"2: secrets.A.environ: no such setting"),
        ("[secrets]\nA = { command = 'vault get' }", "2: secrets.A.command: expected a list of arguments"),
        ("[secrets]\nA = { command = [] }", "2: secrets.A.command: expected a list of arguments"),
        ("secrets = 1", "1: secrets: expected a table"),
    ],
)
def test_what_cannot_be_read_is_a_complaint(tmp_path: Path, toml: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"synthetic\.toml:" + told) as caught:
        read(tmp_path, toml)
    assert "hunter2" not in str(caught.value)


TABLE = f"""
[secrets]
FROM_ENV = {{ env = "SHOP" }}
FROM_FILE = {{ file = "shop.txt" }}
FROM_COMMAND = {{ command = {[*SHOUT, "0"]!r} }}
FAILING = {{ command = {[*SHOUT, "3"]!r} }}
MISSING = {{ command = ["no-such-vault", "get"] }}
SLOW = {{ command = {[sys.executable, "-c", "import time; time.sleep(60)"]!r} }}
NO_FILE = {{ file = "none.txt" }}
STRANGE = {{ provider = "nobody" }}
"""


def test_secrets_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "shop.txt").write_bytes("two\r\nlines-é\r\n".encode())
    sources, redactor = read(tmp_path, TABLE, SHOP="from-env", OTHER="other-env")

    assert sources.secret("FROM_ENV") == "from-env"
    assert sources.secret("FROM_FILE") == "two\r\nlines-é"
    assert sources.secret("FROM_COMMAND") == "hunter2-é\n"
    assert sources.secret("OTHER") == "other-env"
    assert repr(sources.secret("OTHER")) == "'[redacted:OTHER]'"
    assert redactor.text("from-env hunter2-é other-env lines-é") == (
        "[redacted:FROM_ENV] [redacted:FROM_COMMAND] [redacted:OTHER] [redacted:FROM_FILE]"
    )


def test_a_secret_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "shop.txt").write_text("first-value", encoding="utf-8")
    sources, _ = read(tmp_path, TABLE)
    first = sources.secret("FROM_FILE")
    (tmp_path / "shop.txt").write_text("second-value", encoding="utf-8")

    assert sources.secret("FROM_FILE") is first


def test_what_is_at_hand_is_declared_before_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "shop.txt").write_text("from-file", encoding="utf-8")
    sources, redactor = read(tmp_path, TABLE, SHOP="from-env", OTHER="other-env")

    sources.declare_at_hand()

    told = "[redacted:FROM_ENV] [redacted:FROM_FILE] hunter2-é other-env"
    assert redactor.text("from-env from-file hunter2-é other-env") == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("FAILING", f'the secret "FAILING": {sys.executable} ended with exit code 3. Run it by hand to see why'),
        ("MISSING", 'the secret "MISSING": no-such-vault cannot be run: No such file or directory'),
        ("SLOW", f'the secret "SLOW": {sys.executable} did not end within 0.2 s'),
        ("FROM_ENV", 'the secret "FROM_ENV": the environment variable SHOP is not set. The environment has SHOPP.'),
        ("STRANGE", "the secret \"STRANGE\": nothing is registered as 'nobody' in pytest_synthetic.secrets. None is defined."),
    ],
)  # fmt: skip
def test_a_secret_that_cannot_be_read(tmp_path: Path, name: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_sources, "TIMEOUT", 0.2 if name == "SLOW" else 10.0)
    sources, _ = read(tmp_path, TABLE, SHOPP="x")

    with pytest.raises(ConfigError) as caught:
        sources.secret(name)
    assert str(caught.value) == told


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    sources, _ = read(tmp_path, TABLE)
    with pytest.raises(ConfigError, match=r'the secret "NO_FILE": .*none\.txt cannot be read: No such file'):
        sources.secret("NO_FILE")
    (tmp_path / "none.txt").write_bytes(b"hunter2\xff")
    with pytest.raises(ConfigError, match=r'the secret "NO_FILE": .*none\.txt is not UTF-8 text$'):
        sources.secret("NO_FILE")


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    sources, _ = read(tmp_path, '[secrets]\nSHOP_PASSWORD = { env = "A" }\n', SHOP_PASWORT="x")
    with pytest.raises(ConfigError) as caught:
        sources.secret("SHOP_PASWORD")

    assert str(caught.value) == (
        'the secret "SHOP_PASWORD" is neither in [secrets] nor in the environment. Valid: SHOP_PASSWORD. '
        'Did you mean "SHOP_PASSWORD"? The environment has SHOP_PASWORT.'
    )


def test_a_secret_that_would_blank_the_reports(tmp_path: Path) -> None:
    sources, _ = read(tmp_path, '[secrets]\nPIN = { env = "PIN" }\n', PIN="abc")
    with pytest.raises(ConfigError, match='"PIN" cannot be kept out of the reports: it is shorter than 4 characters'):
        sources.declare_at_hand()
