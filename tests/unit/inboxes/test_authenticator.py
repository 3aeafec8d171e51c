"""The fixture `otp`: which account, no code twice whoever asks, and words for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_synthetic.config.settings import OtpSettings
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.inboxes.authenticator import REMEMBERED, Authenticator, SharedClaims
from pytest_synthetic.testing import FakeClock

SECRET = "JBSWY3DPEHPK3PXP"


def authenticator(folder: Path, clock: FakeClock, **accounts: OtpSettings) -> Authenticator:
    return Authenticator(accounts, folder=folder / "shared", clock=clock, sleep=clock.advance)


def test_the_only_account_needs_no_name(tmp_path: Path) -> None:
    otp = authenticator(tmp_path, FakeClock(), anna=OtpSettings(secret=SECRET, digits=8))

    assert len(otp()) == 8


def test_two_processes_never_hand_out_one_code(tmp_path: Path) -> None:
    clock = FakeClock()
    account = OtpSettings(secret=SECRET)
    one, two = authenticator(tmp_path, clock, anna=account), authenticator(tmp_path, clock, anna=account)

    assert len({one(), two(), one(), two()}) == 4
    assert clock.monotonic() == 90.0


def test_two_accounts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    clock = FakeClock()
    otp = authenticator(tmp_path, clock, anna=OtpSettings(secret=SECRET), **{"../x": OtpSettings(secret=SECRET)})

    assert otp("anna") == otp("../x")
    assert clock.monotonic() == 0.0
    assert [file.parent for file in tmp_path.rglob("otp-*.json")] == [tmp_path / "shared"] * 2


def test_a_note_that_is_cut_off_is_begun_again(tmp_path: Path) -> None:
    claims = SharedClaims(tmp_path / "otp-anna.json")
    assert claims(1)
    (tmp_path / "otp-anna.json").write_text("[1, 2", encoding="utf-8")

    assert claims(3)
    assert not claims(3)
    assert all(claims(window) for window in range(100, 100 + REMEMBERED))
    assert claims(3), "long past"


@pytest.mark.parametrize(
    ("accounts", "asked", "words"),
    [
        ({}, None, "no account: write [otp.NAME]"),
        ({"anna": SECRET, "ben": SECRET}, None, "several accounts: say which, as in otp('anna')"),
        ({"anna": SECRET}, "ana", 'no [otp.ana] in synthetic.toml. Valid: anna. Did you mean "anna"?'),
        ({"anna": "x1"}, None, "[otp.anna]: the TOTP secret is not base32"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, accounts: dict[str, str], asked: str | None, words: str) -> None:
    otp = authenticator(tmp_path, FakeClock(), **{name: OtpSettings(secret=text) for name, text in accounts.items()})
    with pytest.raises(ConfigError) as raised:
        otp(asked)

    assert words in str(raised.value)


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(OtpSettings(secret=SECRET))
