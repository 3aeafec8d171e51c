"""What passes the redactor, what is changed and what is withheld; hostile archives within bounds."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import random
import resource
import struct
import time
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_synthetic.core import redact_forms
from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.reports import unpacking
from pytest_synthetic.reports.archives import UNREADABLE, checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECRET = "c0rrect horse=é"
NOISE = random.Random(4).randbytes(3_000)
NO_TEXT = "it holds a secret, and is not text that could be changed"


def redacted(data: bytes, name: str, redactor: Redactor, *, seen: bool = True) -> bytes | None:
    return checked(data, name, redactor, seen=seen).data


@pytest.fixture
def redactor() -> Redactor:
    redactor = Redactor()
    redactor.declare("PW", SECRET)
    return redactor


def packed(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=1) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def entries(data: bytes | None) -> dict[str, bytes]:
    assert data is not None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


# -- one file --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["log.txt", "text/html", "application/json", "unknown", "report.xml", "a.svg"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_text_is_changed(redactor: Redactor, name: str, encoding: str) -> None:
    clean = redacted(f"before {SECRET} after".encode(encoding), name, redactor)

    assert clean is not None
    assert clean.decode(encoding) == "before [redacted:PW] after"


@pytest.mark.parametrize(
    "data", [b"", b"plain text", NOISE[:20], b"\0" * 5000, packed({"a": b"text"}), gzip.compress(b"text")], ids=len
)
def test_what_holds_no_secret_passes_as_it_is(redactor: Redactor, data: bytes) -> None:
    assert redacted(data, "file", redactor) is data


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"\0\1" * 200 + SECRET.encode(), "cache.bin", NO_TEXT),
        (b"\0\1" * 200 + SECRET.encode("utf-16-le"), "cache.bin", NO_TEXT),
        (b"wOF2" + SECRET.encode() + NOISE, "font.woff2", NO_TEXT),
        (NOISE, "cache.bin", UNREADABLE),
        (NOISE, "page.html", UNREADABLE),
        (b"\0" * 100_000 + NOISE * 3, "cache.bin", UNREADABLE),
        (bz2.compress(b"text"), "log.bz2", UNREADABLE),
        (b"%PDF-1.7\n" + NOISE, "invoice.pdf", UNREADABLE),
        (b"\xff\0broken", "trace.zip", UNREADABLE),
        (b"\x1aE\xdf\xa3" + NOISE, "clip", "a secret may be seen in it"),
        (b"anything", "video/webm", "a secret may be seen in it"),
        (b"\0\0\0\x18ftypisom" + NOISE, "clip", "a secret may be seen in it"),
    ],
)
def test_what_cannot_be_read_is_withheld(redactor: Redactor, data: bytes, name: str, why: str) -> None:
    found = checked(data, name, redactor)

    assert (found.data, found.why) == (None, why)
    assert redacted(data, name, redactor) is None


def test_what_is_too_large_is_not_even_read(redactor: Redactor) -> None:
    assert checked(bytes(unpacking.LARGEST + 1), "x", redactor).why == "it is larger than 100 MB"


def test_a_video_passes_when_no_secret_was_seen(redactor: Redactor) -> None:
    video = b"\x1aE\xdf\xa3" + NOISE

    assert redacted(video, "video.webm", redactor, seen=False) is video


def test_a_fault_of_ours_withholds() -> None:
    class Faulty(Redactor):
        def data(self, data: bytes) -> bytes:
            raise LookupError(data)

    assert checked(b"x", "x.txt", Faulty()).why == "it could not be searched for secrets (LookupError)"


def test_cookies_and_local_storage_are_covered_wherever_they_are_listed(redactor: Redactor) -> None:
    state = {
        "cookies": [{"name": "sid", "value": 'a]"b', "path": "/"}, {"name": "lang", "value": "fr"}],
        "origins": [{"localStorage": [{"name": "cart", "value": "17"}]}],
        "queryString": [{"name": "page", "value": "2"}],
    }
    clean = redacted(json.dumps(state, indent=1).encode(), "state.json", redactor)

    assert clean is not None
    assert json.loads(clean) == {
        "cookies": [
            {"name": "sid", "value": "[redacted:cookie]", "path": "/"},
            {"name": "lang", "value": "[redacted:cookie]"},
        ],
        "origins": [{"localStorage": [{"name": "cart", "value": "[redacted:cookie]"}]}],
        "queryString": [{"name": "page", "value": "2"}],
    }
    assert redacted(clean, "state.json", redactor) is clean


# -- pictures --------------------------------------------------------------------------------------------------------


def png(*chunks: tuple[bytes, bytes], after: bytes = b"") -> bytes:
    whole = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), *chunks, (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]  # fmt: skip
    body = (struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in whole)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body) + after


def jpeg(comment: bytes, after: bytes = b"") -> bytes:
    scan = b"\xff\xda\0\2" + b"\x12\xff\0\xff\xd0" * 50 + b"\xff\xc4\0\3x" + b"\xff\xda\0\2" + b"\7" * 20
    return b"\xff\xd8\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + scan + b"\xff\xd9" + after


def webp(kind: bytes, text: bytes) -> bytes:
    chunks = b"".join(k + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) for k, b in ((b"VP8 ", NOISE), (kind, text)))  # fmt: skip
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


PICTURES: dict[str, Callable[[bytes], bytes]] = {
    "png text": lambda text: png((b"tEXt", b"Comment\0" + text)),
    "png compressed": lambda text: png((b"zTXt", b"Comment\0\0" + zlib.compress(text))),
    "png international": lambda text: png((b"iTXt", b"XML\0\0\0\0\0" + text)),
    "png international compressed": lambda text: png((b"iTXt", b"XML\0\1\0en\0\0" + zlib.compress(text))),
    "png tail": lambda text: png(after=text),
    "png cut off": lambda text: png()[:33] + text,
    "jpeg comment": jpeg,
    "jpeg tail": lambda text: jpeg(b"", after=text),
    "jpeg without end": lambda text: b"\xff\xd8\xff\xe0\0\2" + text,
    "webp xmp": lambda text: webp(b"XMP ", text),
    "webp exif": lambda text: webp(b"EXIF", text + b"!"),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_passes_unless_what_it_says_holds_a_secret(redactor: Redactor, kind: str) -> None:
    harmless, secret = PICTURES[kind](b"taken by nobody"), PICTURES[kind](b"taken by " + SECRET.encode())

    assert redacted(harmless, "image/png", redactor) is harmless
    assert checked(secret, "image/png", redactor).why == NO_TEXT


def test_pixels_are_not_searched(redactor: Redactor) -> None:
    chance = png((b"fdAT", SECRET.encode()))

    assert redacted(chance, "screenshot.png", redactor) is chance


# -- archives --------------------------------------------------------------------------------------------------------


def test_an_archive_changes_where_a_secret_is_and_nowhere_else(redactor: Redactor) -> None:
    font, image = b"wOF2" + NOISE, png()
    before = {
        "trace.trace": json.dumps({"params": {"value": SECRET}}).encode(),
        "resources/00ff.woff2": font,
        "resources/00aa.png": image,
        "src/é.py": b"print('nothing')" * 50,
        f"logs/{SECRET}/": b"",
        f"logs/{SECRET}/a.log": b"x",
        "download.bin": NOISE,
    }
    data = packed(before)
    after = redacted(data, "trace.zip", redactor)

    assert entries(after) == {
        "trace.trace": b'{"params": {"value": "[redacted:PW]"}}',
        "resources/00ff.woff2": font,
        "resources/00aa.png": image,
        "src/é.py": before["src/é.py"],
        "logs/[redacted:PW]/": b"",
        "logs/[redacted:PW]/a.log": b"x",
        "download.bin": f"withheld: {UNREADABLE}\n".encode(),
    }
    assert redacted(after or b"", "trace.zip", redactor) is after


def test_names_that_become_the_same_are_told_apart(redactor: Redactor) -> None:
    redactor.declare("PW", "another0ne")
    after = redacted(packed({SECRET: b"1", "another0ne": b"2"}), "x.zip", redactor)

    assert entries(after) == {"[redacted:PW]": b"1", "2-[redacted:PW]": b"2"}


@pytest.mark.parametrize("where", ["comment", "extra", "before", "between", "after"])
def test_nothing_hides_between_the_entries(redactor: Redactor, where: str) -> None:
    secret, buffer = SECRET.encode(), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("a.txt")
        info.extra = struct.pack("<HH", 0x9999, len(secret)) + secret if where == "extra" else b""
        archive.writestr(info, b"text")
        if where == "between":
            archive.fp.write(secret)  # type: ignore[union-attr]  # open
            archive.start_dir = archive.fp.tell()  # type: ignore[union-attr]  # as it does itself
        archive.comment = secret if where == "comment" else b""
    data = buffer.getvalue() + (secret if where == "after" else b"")
    data = b"PK\3\4" + secret + data if where == "before" else data
    after = redacted(data, "x.zip", redactor)

    assert secret not in (after or b"")
    if after is not None:
        assert entries(after) == {"a.txt": b"text"}


def test_the_film_of_a_trace_goes_when_a_secret_was_seen(redactor: Redactor) -> None:
    film = {"screencast/page@1-2.jpeg": jpeg(b""), "resources/page@1-2.jpeg": jpeg(b"")}
    kept = {"trace.trace": b"{}", "resources/aa.jpeg": jpeg(b"")}
    data = packed(film | kept)

    assert entries(redacted(data, "trace.zip", redactor)) == kept
    assert redacted(data, "trace.zip", redactor, seen=False) is data


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda data: packed({"a.txt": data})])
def test_one_archive_in_another_is_read_and_a_third_is_not(redactor: Redactor, pack: Callable[[bytes], bytes]) -> None:
    inner = pack(SECRET.encode())
    once, twice = (entries(redacted(packed({"in": data}), "x.zip", redactor))["in"] for data in (inner, pack(inner)))

    assert redacted(once, "x", redactor) is once
    assert b"c0rrect" not in once
    assert redacted(inner, "x", redactor) == once
    assert contents(twice) == b"withheld: it is an archive in an archive in an archive\n"


def test_gzip_is_read_part_by_part_with_its_name(redactor: Redactor) -> None:
    parts = gzip.compress(b"one ") + gzip.compress(SECRET.encode())
    named = io.BytesIO()
    with gzip.GzipFile("c0rrect horse=\xe9", "wb", fileobj=named) as file:
        file.write(b"text")

    assert gzip.decompress(redacted(parts, "a.log.gz", redactor) or b"") == b"one [redacted:PW]"
    assert gzip.decompress(clean := redacted(named.getvalue(), "a.gz", redactor) or b"") == b"text"
    assert b"c0rrect" not in clean
    assert checked(gzip.compress(b"x") * 17, "a.gz", redactor).why == "it has more than 16 parts"
    assert checked(gzip.compress(b"text") + b"junk", "a.gz", redactor).why == "it is damaged"
    assert checked(gzip.compress(b"text")[:-3], "a.gz", redactor).why == "it is damaged: its end is missing"


# -- hostile archives ------------------------------------------------------------------------------------------------


def zeros(size: int) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (machine.compress(bytes(1 << 20)) + machine.flush(zlib.Z_FULL_FLUSH)) * (size >> 20) + b"\3\0"


def bomb(size: int, claimed: int) -> bytes:
    """A zip of one entry that unpacks to `size` bytes and says `claimed`."""
    body = zeros(size)
    head = (20, 0, 8, 0, 33, 0, len(body), claimed, 1, 0)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", *head) + b"a" + body
    central = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, *head, 0, 0, 0, 0, 0) + b"a"
    return local + central + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)


def encrypted() -> bytes:
    data = bytearray(packed({"a.txt": b"text"}))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


WHOLE = packed({"trace.trace": b"some text " * 1000, "b.txt": b"more"})
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "1 GB": (lambda: bomb(1 << 30, 1 << 30), "it unpacks to more than 100 MB"),
    "1 GB that says 10 bytes": (lambda: bomb(1 << 30, 10), "it unpacks to more than 100 MB"),
    "gzip of 1 GB": (lambda: b"\x1f\x8b\x08" + bytes(7) + zeros(1 << 30), "it unpacks to more than 100 MB"),
    "3 times 70 MB": (lambda: packed({name: bytes(70_000_000) for name in "abc"}), "it unpacks to more than 200 MB"),
    "10,001 entries": (lambda: packed({str(n): b"" for n in range(10_001)}), "it has more than 10,000 entries"),
    "path traversal": (lambda: packed({"a/../../b": b""}), "an entry's name leads out of the archive"),
    "absolute path": (lambda: packed({"/etc/passwd": b""}), "an entry's name leads out of the archive"),
    "Windows path": (lambda: packed({"..\\b": b""}), "an entry's name leads out of the archive"),
    "drive": (lambda: packed({"C:b": b""}), "an entry's name leads out of the archive"),
    "encrypted": (encrypted, "it is encrypted"),
    "bzip2": (lambda: packed({"a": b"text"}, zipfile.ZIP_BZIP2), "an entry is compressed by method 12, which is not read"),
    "cut off": (lambda: WHOLE[:-30], "it is damaged: no zip archive that can be read"),
    "beginning alone": (lambda: WHOLE[:10], "it is damaged: no zip archive that can be read"),
    "wrong byte": (lambda: WHOLE[:60] + b"\xff" + WHOLE[61:], "it is damaged"),
    "wrong check": (lambda: packed({"a": b"text"}, 0).replace(b"text", b"tex!"), "it is damaged: an entry is not what it was"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_withheld_within_bounds(redactor: Redactor, name: str) -> None:
    data, began, before = HOSTILE[name][0](), time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = checked(data, "trace.zip", redactor)

    assert (found.data, found.why) == (None, HOSTILE[name][1])
    assert time.process_time() - began < 15
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 900_000  # kB


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damage_never_raises(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([WHOLE, packed({"a.txt": SECRET.encode()}), gzip.compress(NOISE), png(), jpeg(b"x")])))  # fmt: skip
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    redactor = Redactor()
    redactor.declare("PW", SECRET)
    found = checked(bytes(whole[: data.draw(st.integers(0, len(whole)))]), "trace.zip", redactor)

    assert (found.data is None) != (found.why is None)


# -- for any secret, in any form -------------------------------------------------------------------------------------

SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=6, max_size=24).filter(
    lambda value: redact_forms.why_not(value) is None and value.strip().lower() not in "[redacted:pw]"
)
HARMLESS = st.text("abc \n<>{}", max_size=60).map(str.encode)
NAMES = st.sampled_from(
    ["trace.trace", "trace.network", "resources/4e53a79d.html", "resources/e38a0960.dat", "src/1.py"]
)
PACKS: tuple[Callable[[bytes], bytes], ...] = (bytes, gzip.compress, lambda data: packed({"inner.json": data}))


def contents(data: bytes) -> bytes:
    """All that can be read in `data`, unpacked."""
    if data[:2] == b"PK":
        return b"\n".join(contents(entry) for entry in entries(data).values())
    if data[:2] in {b"\x1f\x8b", b"\x78\x9c", b"\x78\x01"}:
        return contents(zlib.decompress(data, 47))
    return data


@settings(deadline=None, max_examples=60)
@given(SECRETS, st.dictionaries(NAMES, HARMLESS, min_size=2), st.sampled_from(PACKS), st.data())
def test_any_secret_in_any_entry_in_any_form_is_gone(
    secret: str, files: dict[str, bytes], pack: Callable[[bytes], bytes], data: st.DataObject
) -> None:
    form = data.draw(st.sampled_from(sorted(redact_forms.forms(secret)))).encode()
    where = data.draw(st.sampled_from(sorted(files)))
    redactor = Redactor()
    redactor.declare("PW", secret)
    assume(all(redactor.data(text) == text for text in files.values()))
    clean = redacted(packed(files | {where: pack(files[where] + b" " + form + b" end")}), "trace.zip", redactor)

    after = entries(clean)
    assert form not in contents(after.pop(where)).replace(b"[redacted:PW]", b"")
    assert after == {name: text for name, text in files.items() if name != where}


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(NAMES, HARMLESS), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_without_secrets_an_archive_is_what_it_was(files: dict[str, bytes], method: int) -> None:
    redactor = Redactor()
    redactor.declare("PW", SECRET)
    data = packed(files, method)

    assert redacted(data, "trace.zip", redactor) is data
