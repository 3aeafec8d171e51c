"""How long a trace of 20 MB takes to pass the redactor, and the sweep of a folder in which nothing is secret."""

from __future__ import annotations

import io
import json
import random
import time
import zipfile
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.reports.archives import checked
from pytest_synthetic.reports.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRETS, REPEATS, LIMIT = 20, 5, 3.0
SIZE = 20_000_000
"""Bytes of the trace."""
LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def measure(folder: Path) -> Iterator[Figure]:
    """Limit: 3 s of CPU time for a trace in which every secret stands in the actions, the network and a page."""
    chance = random.Random(1)
    secrets = ["".join(chance.choices(LETTERS, k=20)) for _ in range(SECRETS)]
    redactor = Redactor()
    for number, secret in enumerate(secrets):
        redactor.declare(f"SECRET_{number}", secret)
    for name, shown in {"with secrets": secrets, "without": []}.items():
        trace = _trace(chance, shown)
        each = [_seconds(redactor, trace) for _ in range(REPEATS)]
        note = f"{len(trace) / 1e6:.1f} MB, {_unpacked(trace) / 1e6:.0f} MB unpacked"
        yield Figure(name=f"trace.zip of 20 MB {name}", each=each, unit="s", limit=LIMIT, note=note)
    yield _swept(folder, redactor, chance)


def _swept(folder: Path, redactor: Redactor, chance: random.Random) -> Figure:
    for number in range(200):
        (folder / f"{number}-result.json").write_bytes(_events(chance, 400, []))
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    each = []
    for _ in range(REPEATS):
        began = time.process_time()
        sweep([folder], redactor, since=0)
        each.append((time.process_time() - began) * 1000 / size)
    note = f"{size:.0f} MB in 200 files, {1000 / min(each):.0f} MB/s at best"
    return Figure(name="sweep that finds nothing", each=each, unit="ms/MB", note=note)


def _seconds(redactor: Redactor, trace: bytes) -> float:
    began = time.process_time()
    assert checked(trace, "trace.zip", redactor, seen=False).data
    return time.process_time() - began


def _trace(chance: random.Random, secrets: list[str]) -> bytes:
    """Half of it, as in traces of shops, pictures and fonts; the rest text of which a tenth remains when packed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trace.trace", _events(chance, 60_000, secrets))
        archive.writestr("trace.network", _events(chance, 20_000, secrets))
        number = 0
        while buffer.tell() < SIZE:
            number += 1
            page = chance.choices(secrets or ["none"])[0].encode() + _events(chance, 300, [])
            archive.writestr(f"resources/{chance.getrandbits(160):040x}.html", page)
            picture = b"\xff\xd8\xff\xda\0\2" + chance.randbytes(50_000).replace(b"\xff", b"\xfe") + b"\xff\xd9"
            archive.writestr(f"screencast/page@{number}.jpeg", picture)
            archive.writestr(f"resources/{chance.getrandbits(160):040x}.woff2", b"wOF2" + chance.randbytes(20_000))
    return buffer.getvalue()


def _events(chance: random.Random, count: int, secrets: list[str]) -> bytes:
    lines = (
        {
            "type": "before", "callId": f"call@{number}", "startTime": 1000.5 + number, "class": "Frame",
            "method": "fill", "params": {"selector": f"#field-{number % 50}", "strict": True, "timeout": 30000},
            "snapshot": {"html": [["INPUT", {"name": "q", "id": f"{chance.getrandbits(32):08x}"}]] * (number % 3)},
            "value": secrets[number % len(secrets)] if secrets and number % 50 == 0 else "nothing",
        }
        for number in range(count)
    )  # fmt: skip
    return "\n".join(map(json.dumps, lines)).encode()


def _unpacked(trace: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(trace)) as archive:
        return sum(info.file_size for info in archive.infolist())
