"""[fleet]: what is read, what is refused, and that no message repeats a password."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from pytest_synthetic.config import files, redactor
from pytest_synthetic.config.fleet import fleet_of, shown
from pytest_synthetic.config.settings import FleetSettings, Settings
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.scheduler.fleet_link import link_of


def read(tmp_path: Path, toml: str, **environ: str) -> Settings:
    path = tmp_path / "synthetic.toml"
    path.write_text(toml, encoding="utf-8")
    return files.load(path, environ)


def test_the_broker_and_how_it_is_reached(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    toml = '[fleet]\nbroker = "amqps://agent:${PASSWORD}@broker.example/shop"\nca = "ca.pem"\ngrace = "2m"\n'
    settings = read(tmp_path, toml, PASSWORD="s3cr3t%2Fword")

    assert fleet_of(settings) == FleetSettings(
        broker="amqps://agent:s3cr3t%2Fword@broker.example/shop", ca="ca.pem", grace=120
    )
    link = link_of(settings, tmp_path)
    assert link.where == "amqps://agent:***@broker.example/shop"
    assert link.tls
    assert link.tls["server_hostname"] == "broker.example"
    assert "s3cr3t" not in repr(settings) + repr(link)
    known, _ = redactor.opened(settings, {}, tmp_path)
    assert "s3cr3t" not in known.text("refused s3cr3t%2Fword and s3cr3t/word")


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ("[fleet]", "fleet: misses `broker`"),
        ('[fleet]\nbroker = "kafka://u:s3cr3t@host"', r"'kafka://u:\*\*\*@host' is no broker that is known"),
        ('[fleet]\nbroker = "u:s3cr3t@host"', "is no broker that is known"),
        ('[fleet]\nbroker = "amqps://u:s3c/r3t@host/v"', "is no broker that is known.*percent-encoded"),
        ('[fleet]\nbroker = "amqps://u:s3cr3t@host/v?heartbeat=1"', "ends with the name of the virtual host"),
        ('[fleet]\nbroker = "amqp://host"\nca = "ca.pem"', "fleet.ca: is for a connection with TLS"),
        ('[fleet]\nbroker = "amqps://host"\ncert = "a.pem"', "give `cert` and `key` together"),
        ('[fleet]\nbroker = "amqps://host"\nother_files = "run"', "other_files.*Valid: refuse, tell"),
        ('[fleet]\nbroker = "amqps://host"\nbrocker = "x"', 'no such setting.*Did you mean "broker"'),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, toml: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        read(tmp_path, toml)
    assert "s3c" not in str(refused.value)


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ("", r"there is no table \[fleet\]"),
        ('[fleet]\nbroker = "amqps://host"\nca = "none.pem"', "none.pem is no file"),
        ('[fleet]\nbroker = "amqps://host"\nca = "synthetic.toml"', "holds no certificate that can be read"),
        (
            '[fleet]\nbroker = "amqps://host"\ncert = "synthetic.toml"\nkey = "synthetic.toml"',
            "no pair that can be used",
        ),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, toml: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        link_of(read(tmp_path, toml), tmp_path)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("amqp://host", "amqp://host"),
        ("amqps://user:pass@host:1/v", "amqps://user:***@host:1/v"),
        ("amqps://user@host", "amqps://user@host"),
        ("amqps://u:p@ss@host", "amqps://u:***@host"),
        ("redis://:pass@host", "redis://:***@host"),
        ("user:pass@host", "***@host"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, told: str) -> None:
    assert shown(address) == told
