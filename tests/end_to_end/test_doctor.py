"""`synthetic doctor` says what is here, in one screen."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.demo.twilio_account import ACCOUNT_SID, AUTH_TOKEN, NUMBERS
from pytest_synthetic.demo.twilio_api import serve

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.demo.server import RunningShop
    from tests.end_to_end.conftest import ForwardProxy

pytestmark = pytest.mark.slow


def doctor(folder: Path, *arguments: str, **environ: str) -> tuple[int, str]:
    command = [sys.executable, "-P", "-c", "from pytest_synthetic import cli; cli.main()", "doctor", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "COLUMNS": "80", **environ},
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) <= 40
    assert all(len(line) <= 80 for line in lines), done.stdout
    return done.returncode, done.stdout


def test_all_is_well(shop: RunningShop, proxies: tuple[ForwardProxy, ForwardProxy], tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").write_text(
        f'base_url = "{shop.base_url}"\n[regions.eu]\nproxy = "{proxies[0].url}"\n', encoding="utf-8"
    )
    code, out = doctor(tmp_path)
    assert code == 0, out
    assert "wrong" not in out
    assert "ok     settings          synthetic.toml" in out
    assert "ok     region eu" in out
    assert "answers with status 200" in out
    assert "ok     browser           chromium " in out


def test_what_is_wrong_is_said_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(
        'base_url = "http://127.0.0.1:1"\n[regions.eu]\nproxy = "http://127.0.0.1:1"\n', encoding="utf-8"
    )
    code, out = doctor(tmp_path, "--config", "shop.toml", PATH="/nowhere", PLAYWRIGHT_BROWSERS_PATH=str(tmp_path))
    assert code == 1
    assert "wrong  browser" in out
    assert "-> synthetic install-browser" in out
    assert "wrong  region eu         proxy 127.0.0.1:1: Connection refused" in out
    assert "wrong  product           http://127.0.0.1:1: " in out
    assert "warn   report" in out
    assert out.rstrip().endswith("3 to mend.")


TOML = """
[inboxes.sms]
provider = "twilio"
base_url = "{base_url}"
numbers = ["{number}"]
[otp.anna]
secret = "{secret}"
"""


@pytest.mark.parametrize(
    ("number", "token", "secret", "code", "words"),
    [
        (NUMBERS[0], AUTH_TOKEN, "JBSWY3DPEHPK3PXP", 0, ["ok     inbox sms", "ok     otp anna"]),
        (NUMBERS[0], "wrong", "JBSWY3DPEHPK3PXP", 1, ["wrong  inbox sms", "TWILIO_AUTH_TOKEN"]),
        ("+33699999999", AUTH_TOKEN, "JBSWY3DPEHPK3PXP", 1, ["wrong  inbox sms", "+33699999999"]),
        ("0612", AUTH_TOKEN, "JBSWY3DPEHPK3PXP", 1, ["wrong  inbox sms", "E.164"]),
        (NUMBERS[0], AUTH_TOKEN, "0000", 1, ["wrong  otp anna", "not base32"]),
    ],
)
def test_each_inbox_is_asked(
    tmp_path: Path, number: str, token: str, secret: str, code: int, words: list[str]
) -> None:  # fmt: skip
    with serve() as twilio:
        toml = TOML.format(base_url=twilio.base_url, number=number, secret=secret)
        (tmp_path / "synthetic.toml").write_text(toml, encoding="utf-8")
        done, out = doctor(tmp_path, TWILIO_ACCOUNT_SID=ACCOUNT_SID, TWILIO_AUTH_TOKEN=token)

    assert done == code, out
    assert all(word in out for word in words), out
    assert AUTH_TOKEN not in out
    assert "Traceback" not in out


def test_a_provider_of_which_nobody_knows_is_named(tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").write_text('[inboxes.sms]\nprovider = "twillio"\n', encoding="utf-8")
    code, out = doctor(tmp_path)

    assert code == 1
    assert 'Did you mean "twilio"?' in " ".join(out.split())


def test_an_inbox_that_listens_is_tried(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        table = f'[inboxes.email]\nprovider = "smtp"\nlisten = "127.0.0.1:{port}"\naddress = "a@b.example"\n'
        (tmp_path / "synthetic.toml").write_text(table, encoding="utf-8")
        code, out = doctor(tmp_path)
        assert code == 1
        assert f"cannot listen on 127.0.0.1:{port}" in " ".join(out.split())
    code, out = doctor(tmp_path)

    assert code == 0, out
    assert f"ok     inbox email       smtp: 127.0.0.1:{port} takes mail" in out
