"""How [metrics] is read, and what is said of mistakes in it: never a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config import files, redactor
from pytest_synthetic.config.settings import MetricsSettings, PushSettings, PushTo
from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import Settings

TOKEN = "t0ken-7f3k9"


def load(folder: Path, text: str) -> Settings:
    path = folder / "synthetic.toml"
    path.write_text(text, encoding="utf-8")
    return files.load(path, {"TOKEN": TOKEN, "URL": f"https://kuma.example/api/push/{TOKEN}?status=up"})


GOOD = """
[metrics]
prometheus = "/var/lib/node/synthetic.prom"
otlp = "https://otlp.example/base/"
otlp_headers = { Authorization = "Bearer ${TOKEN}" }
timeout = "3s"
[metrics.push.status]
to = "gatus"
url = "https://status.example/"
token = "${TOKEN}"
key = "journeys_{name}-{region}"
[metrics.push.kuma]
to = "uptime-kuma"
url = "https://kuma.example"
token = "kuma-${TOKEN}"
journey = "Checkout"
region = "eu-west"
"""


def test_the_whole_table(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD)

    assert settings.metrics == MetricsSettings(
        prometheus="/var/lib/node/synthetic.prom",
        otlp="https://otlp.example/base",
        otlp_headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=3.0,
        push={
            "status": PushSettings(
                name="status",
                to=PushTo.GATUS,
                url="https://status.example",
                token=TOKEN,
                key="journeys_{name}-{region}",
            ),
            "kuma": PushSettings(
                name="kuma",
                to=PushTo.UPTIME_KUMA,
                url="https://kuma.example",
                token=f"kuma-{TOKEN}",
                journey="Checkout",
                region="eu-west",
            ),
        },
    )
    assert TOKEN not in repr(settings)


def test_the_redactor_learns_the_tokens(tmp_path: Path) -> None:
    assert set(redactor.in_settings(load(tmp_path, GOOD))) == {TOKEN, f"kuma-{TOKEN}", f"Bearer {TOKEN}"}


def test_nothing_is_asked_for_by_default(tmp_path: Path) -> None:
    assert load(tmp_path, "").metrics == MetricsSettings()


GATUS = '[metrics.push.s]\nto = "gatus"\nurl = "https://s.example"\ntoken = "${TOKEN}"\n'
KUMA = '[metrics.push.s]\nto = "uptime-kuma"\nurl = "https://s.example"\ntoken = "${TOKEN}"\n'
WRONG = [
    ("metrics = 3\n", 1, "metrics: expected a table [metrics]"),
    ('[metrics]\nprometeus = "a.prom"\n', 2, 'Did you mean "prometheus"?'),
    ('[metrics]\nprometheus = "a.txt"\n', 2, "metrics.prometheus: expected a path that ends in .prom"),
    ('[metrics]\notlp = "127.0.0.1:4317"\n', 2, "metrics.otlp: expected http://host or https://host"),
    ('[metrics]\notlp = "http://h:4318/v1/traces"\n', 2, "expected the collector's base address"),
    (f'[metrics]\notlp = "http://me:{TOKEN}@h:4318"\n', 2, "write the login as otlp_headers"),
    (f'[metrics]\notlp_headers = "Bearer {TOKEN}"\n', 2, "metrics.otlp_headers: expected a table of texts"),
    (f'[metrics]\notlp_headers = {{ "a b" = "{TOKEN}" }}\n', 2, "is no header that can be sent"),
    (f'[metrics]\notlp_headers = {{ a = "é{TOKEN}" }}\n', 2, "is no header that can be sent"),
    ('[metrics]\ntimeout = "soon"\n', 2, "metrics.timeout: 'soon' is not a duration"),
    (f'[metrics]\npush = "{TOKEN}"\n', 2, "metrics.push: expected tables [metrics.push.NAME]"),
    (f'[[metrics.push]]\ntoken = "{TOKEN}"\n', 1, "metrics.push: expected tables [metrics.push.NAME]"),
    (f'[metrics.push]\ns = "{TOKEN}"\n', 1, "metrics.push: expected tables [metrics.push.NAME]"),
    (GATUS, 1, "metrics.push.s: misses key"),
    (KUMA, 1, "metrics.push.s: misses journey"),
    (KUMA + 'journey = "C"\nkey = "k"\n', 6, "metrics.push.s.key: is for Gatus"),
    (GATUS.replace("gatus", "gatos"), 2, 'Did you mean "gatus"?'),
    (GATUS + 'key = "journeys_{nam}"\n', 5, 'no placeholder {nam}. Valid: device, journey, name, region. Did you mean "name"?'),
    (GATUS + 'key = "journeys/checkout"\n', 5, "expected GROUP_NAME as Gatus shows it"),
    (GATUS + 'key = "a{name"\n', 5, "expected GROUP_NAME as Gatus shows it"),
    ("[metrics.push.s]\ntoken = 7739\n", 2, 'metrics.push.s.token: expected a text, such as token = "${STATUS_TOKEN}"'),
    (f'[metrics.push.s]\ntoken = "{TOKEN} x"\n', 2, "metrics.push.s.token: holds a space"),
    ('[metrics.push.s]\nurl = "${URL}"\n', 2, "write what stands before /api/push/ as `url`"),
    (f'[metrics.push.s]\nurl = "https://me:{TOKEN}@h"\n', 2, "without login"),
    (f'[metrics.push.s]\nurl = "ftp://me:{TOKEN}@h"\n', 2, "expected http://host"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "told"), WRONG)
def test_what_is_wrong_is_told_without_the_token(tmp_path: Path, text: str, line: int, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)

    assert str(raised.value).startswith(f"{tmp_path / 'synthetic.toml'}:{line}: ")
    assert told in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert "7739" not in str(raised.value)
