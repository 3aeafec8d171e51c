from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from pytest_synthetic.alerts.signature import HEADER, signature
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.demo.receiver import LARGEST, OLDEST, Delivered, Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "kettles-whistle-at-100"
BODY = json.dumps({"turn": "opened", "incident": "abcd1234"}).encode()


@pytest.fixture
def letters() -> list[Delivered]:
    return []


@pytest.fixture
def receiver(letters: list[Delivered]) -> Iterator[Receiver]:
    with Receiver(SECRET, letters.append) as running:
        yield running


def post(receiver: Receiver, body: bytes = BODY, *, secret: str = SECRET, key: str = "k1", late: float = 0.0) -> int:
    signed = signature(secret, body, SystemClock().now() - timedelta(seconds=late))
    headers = {HEADER: signed, "Idempotency-Key": key}
    return requests.post(f"{receiver.base_url}/oncall", body, headers=headers, timeout=5).status_code


def test_a_letter_lies_on_the_desk_it_is_for(receiver: Receiver, letters: list[Delivered]) -> None:
    assert post(receiver) == 204

    (letter,) = letters
    assert (letter.to, letter.turn, letter.incident) == ("oncall", "opened", "abcd1234")


def test_the_same_letter_is_taken_once(receiver: Receiver, letters: list[Delivered]) -> None:
    assert [post(receiver), post(receiver), post(receiver, key="k2")] == [204, 204, 204]

    assert len(letters) == 2


@pytest.mark.parametrize("given", [{"secret": "somebody-else-s-secret"}, {"late": OLDEST + 5}])
def test_what_is_not_genuine_is_refused(receiver: Receiver, letters: list[Delivered], given: dict[str, object]) -> None:
    assert post(receiver, **given) == 401  # type: ignore[arg-type]

    assert letters == []


def test_what_is_not_signed_is_refused(receiver: Receiver, letters: list[Delivered]) -> None:
    assert requests.post(f"{receiver.base_url}/oncall", BODY, timeout=5).status_code == 401
    assert (
        requests.post(f"{receiver.base_url}/oncall", BODY, headers={HEADER: "t=1,v1=x"}, timeout=5).status_code == 401
    )
    assert letters == []


def test_what_is_too_large_is_not_read(receiver: Receiver) -> None:
    url = urlsplit(receiver.base_url)
    with closing(HTTPConnection(url.hostname or "", url.port, timeout=5)) as connection:
        connection.putrequest("POST", "/oncall")
        connection.putheader("Content-Length", str(LARGEST + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413
