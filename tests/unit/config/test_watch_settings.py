"""How [watch] and [control] are read, and what is said of mistakes in them: never an address that is a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthetic.config import files, redactor
from pytest_synthetic.config.settings import ControlSettings, Settings, WatchSettings
from pytest_synthetic.errors import ConfigError

PING = "https://hc.example/ping/5f3c9d2e-7a61-4c1f-9e1b-2d7c8a90b1aa"


def load(folder: Path, text: str, **environ: str) -> Settings:
    path = folder / "synthetic.toml"
    path.write_text(text, encoding="utf-8")
    return files.load(path, environ)


def test_both_tables(tmp_path: Path) -> None:
    text = '[watch]\nhealth = "0.0.0.0:9100"\nheartbeat = "${PING}"\nheartbeat_fail = "${PING}/fail"\n'
    text += '[control]\nurl = "https://www.example.com/"\ntimeout = "3s"\n'
    settings = load(tmp_path, text, PING=PING)

    assert settings.watch == WatchSettings(health=("0.0.0.0", 9100), heartbeat=PING, heartbeat_fail=f"{PING}/fail")
    assert settings.control == ControlSettings(url=("https://www.example.com/",), timeout=3.0)


def test_neither(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert (settings.watch, settings.control) == (WatchSettings(), None)


def test_several_targets(tmp_path: Path) -> None:
    settings = load(tmp_path, '[control]\nurl = ["https://a.example/", "${B}"]\n', B="https://b.example/")
    assert settings.control
    assert settings.control.url == ("https://a.example/", "https://b.example/")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ('"127.0.0.1:9100"', ("127.0.0.1", 9100)),
        ('"9100"', ("127.0.0.1", 9100)),
        ("9100", ("127.0.0.1", 9100)),
        ('":9100"', ("127.0.0.1", 9100)),
        ('"[::1]:9100"', ("::1", 9100)),
        ('"localhost:9100"', ("localhost", 9100)),
    ],
)
def test_addresses_to_listen_on(tmp_path: Path, given: str, read: tuple[str, int]) -> None:
    assert load(tmp_path, f"[watch]\nhealth = {given}\n").watch.health == read


WRONG = [
    ("watch = 3\n", 1, "watch: expected a table [watch]"),
    ("[watch]\nhealht = 9100\n", 2, 'Did you mean "health"?'),
    ("[watch]\nhealth = true\n", 2, "got True"),
    ("[watch]\nhealth = 0\n", 2, "expected a host and a port"),
    ("[watch]\nhealth = 65536\n", 2, "expected a host and a port"),
    ("[watch]\nhealth = -1\n", 2, "expected a host and a port"),
    ('[watch]\nhealth = "127.0.0.1"\n', 2, "expected a host and a port"),
    ('[watch]\nhealth = "::1:9100"\n', 2, "expected a host and a port"),
    ('[watch]\nhealth = "http://127.0.0.1:9100"\n', 2, "expected a host and a port"),
    ('[watch]\nheartbeat = "5f3c9d2e-7a61-4c1f-9e1b-2d7c8a90b1aa"\n', 2, "expected the whole address"),
    ("[watch]\nheartbeat = 1\n", 2, "expected the whole address"),
    (f'[watch]\nheartbeat_fail = "{PING}"\n', 2, "needs `heartbeat`"),
    ("[control]\n", 1, "misses `url`"),
    ('[control]\nurl = "example.com"\n', 2, "expected http://host or https://host"),
    ("[control]\nurl = []\n", 2, "expected an address, or a list"),
    ('[control]\nurl = ["https://a.example", 3]\n', 2, "got 3"),
    ('[control]\nurl = "https://me:hunter22@a.example"\n', 2, "without login"),
    ('[control]\nurl = "https://a.example"\ntimeout = "soon"\n', 3, "soon"),
    ('[control]\nurl = "https://a.example"\ntimeout = 0\n', 3, "0"),
]


@pytest.mark.parametrize(("text", "line", "problem"), WRONG)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, line: int, problem: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)
    told = str(raised.value)
    assert f"synthetic.toml:{line}: " in told
    assert problem in told
    assert "5f3c9d2e" not in told
    assert "hunter22" not in told


def test_the_address_of_the_switch_is_kept_out_of_everything(tmp_path: Path) -> None:
    text = f'[watch]\nheartbeat = "{PING}"\n[control]\nurl = "https://a.example/up?token=t0psecret9&q=abc"\n'
    settings = load(tmp_path, text)
    door, _ = redactor.opened(settings, {}, tmp_path)

    assert "t0psecret9" in set(redactor.in_settings(settings))
    for leak in (
        PING,
        f"HTTPSConnectionPool(host='hc.example', port=443): Max retries exceeded with url: {PING[18:]}",
        "GET /ping/5f3c9d2e-7a61-4c1f-9e1b-2d7c8a90b1aa HTTP/1.1",
        "check 5f3c9d2e-7a61-4c1f-9e1b-2d7c8a90b1aa",
        "https://a.example/up?token=t0psecret9",
    ):
        clean = door.text(leak)
        assert "5f3c9d2e" not in clean
        assert "t0psecret9" not in clean
    assert PING not in repr(settings)
