"""Codes of an authenticator app: the vectors of RFC 6238, secrets as people paste them, and codes that are new."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.errors import UsageError
from pytest_synthetic.inboxes.totp import Totp
from pytest_synthetic.testing import FakeClock

# RFC 6238, appendix B (and erratum 2866: the longer hashes use longer seeds).
SEEDS = {"sha1": b"1234567890" * 2, "sha256": (b"1234567890" * 4)[:32], "sha512": (b"1234567890" * 7)[:64]}
VECTORS = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
SECRET = "JBSWY3DPEHPK3PXP"
AT = datetime(2026, 1, 1, tzinfo=UTC)


def totp(secret: str = SECRET, **given: Any) -> Totp:
    return Totp(secret, clock=given.pop("clock", FakeClock()), **given)


@pytest.mark.parametrize(("seconds", "sha1", "sha256", "sha512"), VECTORS)
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_the_vectors_of_the_rfc(seconds: int, sha1: str, sha256: str, sha512: str, algorithm: str) -> None:
    secret = base64.b32encode(SEEDS[algorithm]).decode()
    expected = {"sha1": sha1, "sha256": sha256, "sha512": sha512}[algorithm]

    assert totp(secret, digits=8, algorithm=algorithm).code(datetime.fromtimestamp(seconds, UTC)) == expected


@pytest.mark.parametrize(
    "written",
    [
        "jbsw y3dp ehpk 3pxp", "JBSW-Y3DP-EHPK-3PXP", " JBSWY3DPEHPK3PXP\n", "JBSWY3DPEHPK3PXP====",
        "otpauth://totp/Acme:anna@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Acme",
        "OTPAUTH://TOTP/x?SECRET=jbswy3dpehpk3pxp&digits=6&period=30&algorithm=SHA1",
    ],
)  # fmt: skip
def test_a_secret_is_read_as_it_is_shown(written: str) -> None:
    assert totp(written).code(AT) == totp().code(AT)


@pytest.mark.parametrize("size", [1, 5, 7, 10, 16, 20, 64])
def test_secrets_of_any_length(size: int) -> None:
    secret = base64.b32encode(bytes(range(size))).decode().rstrip("=")

    assert len(totp(secret).code(AT)) == 6


def test_an_address_brings_its_own_parameters() -> None:
    secret = base64.b32encode(SEEDS["sha512"]).decode().rstrip("=")
    address = f"otpauth://totp/x?secret={secret}&digits=8&algorithm=SHA512&period=30"

    assert totp(address).code(datetime.fromtimestamp(59, UTC)) == "90693936"


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("", "is empty"),
        (" = ", "is empty"),
        ("SECR3T18", "neither A-Z nor 2-7 .0, 1, 8 and 9 do not occur"),
        ("SECRÈT", "is not base32"),
        ("SECRETS2X", "is cut off: base32 never has 9 characters"),
        ("otpauth://hotp/x?secret=SECRETSECRET", "not of the kind totp"),
        ("otpauth://totp/x?secre=SECRETSECRET", "has no secret="),
        ("otpauth://[totp/x?secret=SECRETSECRET", "cannot be read"),
    ],
)
def test_a_bad_secret_is_explained_and_never_shown(secret: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        totp(secret)

    assert "SECR" not in str(caught.value)
    assert "SECR" not in repr(caught.value.__cause__)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"digits": 5}, "digits=5 cannot be; expected a whole number from 6 to 10"),
        ({"digits": True}, "digits=True cannot be"),
        ({"period": 0}, "period=0 cannot be"),
        ({"period": "30s"}, "period='30s' cannot be"),
        ({"algorithm": "md5"}, "algorithm='md5' is unknown. Valid: sha1, sha256, sha512."),
    ],
)
def test_a_bad_parameter_is_explained(given: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        totp(**given)

    assert told in str(caught.value)


def test_a_time_must_know_its_zone() -> None:
    with pytest.raises(ValueError, match="does not know its zone"):
        totp().code(datetime(2026, 1, 1))  # noqa: DTZ001


def test_zones_make_no_difference() -> None:
    assert totp().code(AT) == totp().code(AT.astimezone())


def test_the_secret_is_not_shown() -> None:
    assert repr(totp()) == "Totp(6 digits, 30 s, sha1)"


@pytest.mark.parametrize(("into", "waited"), [(0.0, 0.0), (26.9, 0.0), (27.5, 2.5), (29.9, 0.1)])
def test_the_last_seconds_of_a_window_are_waited_out(into: float, waited: float) -> None:
    clock = FakeClock(now=AT + timedelta(seconds=into))
    otp = totp(clock=clock, sleep=clock.advance)

    assert otp.fresh() == otp.code(clock.now())
    assert clock.monotonic() == pytest.approx(waited, abs=0.01)


def test_no_code_is_given_twice() -> None:
    clock = FakeClock(now=AT)
    otp = totp(clock=clock, sleep=clock.advance)

    assert len({otp.fresh() for _ in range(5)}) == 5
    assert clock.monotonic() == pytest.approx(120, abs=0.1)


def test_a_sleep_that_wakes_early_is_slept_again() -> None:
    clock = FakeClock(now=AT + timedelta(seconds=29))
    otp = totp(clock=clock, sleep=lambda seconds: clock.advance(max(seconds / 2, 0.01)))

    assert otp.fresh() == otp.code(AT + timedelta(seconds=30))


def test_without_a_sleep_there_is_nothing_fresh() -> None:
    with pytest.raises(UsageError, match="sleep"):
        totp().fresh()


@given(st.binary(min_size=1, max_size=70), st.integers(0, 4_000_000_000), st.integers(6, 10))
def test_a_code_has_its_digits_and_holds_for_its_window(key: bytes, at: int, digits: int) -> None:
    otp = totp(base64.b32encode(key).decode(), digits=digits)
    start = at - at % 30
    first, last = (otp.code(datetime.fromtimestamp(moment, UTC)) for moment in (start, start + 29.9))

    assert first == last
    assert len(first) == digits
    assert first.isdigit()
