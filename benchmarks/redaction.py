"""How quickly text passes the redactor: megabytes a second of CPU time, with twenty secrets in all their forms."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from pytest_synthetic.core.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRETS, REPEATS = 20, 7
LIMIT = 20.0
"""Milliseconds a megabyte: 50 MB/s."""
PLAIN = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
ODD = PLAIN + "<>&'\" é+/=%\\"


def measure(_: Path) -> Iterator[Figure]:
    """Limit: 20 ms a megabyte, which is 50 MB/s; of text with nothing secret, and with something every 2 kB."""
    chance = random.Random(1)
    texts = {"source code": _source(), "JSON lines of requests": _requests(chance), "random base64": _noise(chance)}
    for kind, alphabet in (("letters and digits", PLAIN), ("every kind of character", ODD)):
        redactor = Redactor()
        secrets = ["".join(chance.choices(alphabet, k=20)) for _ in range(SECRETS)]
        for number, secret in enumerate(secrets):
            redactor.declare(f"SECRET_{number}", secret)
        began = time.process_time()
        redactor.text("x")
        yield Figure(name=f"made ready, secrets of {kind}", each=[(time.process_time() - began) * 1000], unit="ms")
        for name, text in texts.items():
            yield _figure(redactor, name, text)
        yield _figure(
            redactor, "requests that show a secret each 2 kB", _with(secrets, texts["JSON lines of requests"])
        )


def _figure(redactor: Redactor, name: str, text: str) -> Figure:
    size = len(text.encode()) / 1e6
    each = [_seconds(redactor, text) * 1000 / size for _ in range(REPEATS)]
    return Figure(name=name, each=each, unit="ms/MB", limit=LIMIT, note=f"{1000 / min(each):.0f} MB/s at best")


def _seconds(redactor: Redactor, text: str) -> float:
    began = time.process_time()
    redactor.text(text)
    return time.process_time() - began


def _source() -> str:
    files = sorted(Path(__file__).parents[1].joinpath("pytest_synthetic").rglob("*.py"))
    return "".join(path.read_text(encoding="utf-8") for path in files) * 5


def _requests(chance: random.Random) -> str:
    lines = (
        {
            "time": 1763770000000 + number,
            "url": f"https://shop.example/api/products/{number}?page={number % 7}",
            "status": 200,
            "trace": f"{chance.getrandbits(128):032x}",
            "headers": [{"name": "content-type", "value": "text/html; charset=utf-8"}],
            "duration": chance.random(),
        }
        for number in range(20_000)
    )
    return "\n".join(map(json.dumps, lines))


def _noise(chance: random.Random) -> str:
    import base64

    return base64.b64encode(chance.randbytes(4_000_000)).decode()


def _with(secrets: list[str], text: str) -> str:
    parts = [text[at : at + 2_000] for at in range(0, len(text), 2_000)]
    return "".join(part + secrets[number % len(secrets)] for number, part in enumerate(parts))
