"""Some forty secrets, one at each place where a journey can put one: none is in any file written or line printed."""

from __future__ import annotations

import base64
import contextlib
import gzip
import html
import io
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

NASTY = ("FILL", "TYPED", "EVALUATED", "STORED", "SENT_JSON", "FIXTURE", "ARGUMENT", "COMPARED", "PRINTED", "LOGGED",
         "WARNED", "STDERR", "STEP", "RAISED", "LOCAL", "ATTACHED", "QUOTED", "ESCAPED", "BODY")  # fmt: skip
"""Holds every character that somebody escapes."""
TAME = ("BROWSER_HEADER", "BROWSER_COOKIE", "QUERY", "CONSOLE", "API_HEADER", "API_URL", "BASIC", "PARAMETER", "ALLURE_STEP",
        "ALLURE_PARAMETER", "ALLURE_ATTACHMENT", "MEASUREMENT", "CHILD", "CHILD_OF_S", "ANSWER_COOKIE", "FSTRING", "SPLIT",
        "SKIPPED", "EXPECTED", "EXPLICIT_ID", "ENVIRON")  # fmt: skip
"""As tokens are: what can stand in a header or an address."""


def core(name: str) -> str:
    """What is looked for: the middle of the secret, which no encoding but base64 changes."""
    return f"canary7{name.replace('_', '').lower()}q4x"


SECRETS = {name: f"\"<&>'7 é+/={core(name)}%\\z" for name in NASTY} | {name: f"T-{core(name)}_9" for name in TAME}
SECRETS["LONG"] = core("LONG") + "-abcdefghijklmnopqrstuvwxyz0123456789" * 9
"""pytest shows its beginning and its end alone."""

JOURNEYS = """
import base64, html, json, logging, os, subprocess, sys, warnings
import allure, pytest

S = os.environ
pytestmark = pytest.mark.filterwarnings("default")

@pytest.mark.journey("Browse")
def test_browse(page, context, journey):
    context.set_extra_http_headers({"X-Shop-Ticket": S["BROWSER_HEADER"], "Authorization": "Bearer " + S["BROWSER_HEADER"]})
    context.add_cookies([{"name": "basket", "value": S["BROWSER_COOKIE"], "url": S["SHOP"]}])
    page.goto(f"{S['SHOP']}/?token={S['QUERY']}")
    with journey.step("log in"):
        page.fill("#a", S["FILL"])
        page.locator("#b").press_sequentially(S["TYPED"])
        page.locator("#c").evaluate("(field, text) => { field.value = text }", S["EVALUATED"])
        page.evaluate("text => localStorage.setItem('kept', text)", S["STORED"])
        page.evaluate("text => console.error('said ' + text)", S["CONSOLE"])
        page.screenshot(path="own.png")
        page.click("button")
        page.wait_for_load_state()
    with journey.step("fail"):
        page.locator("#missing").click(timeout=300)

@pytest.mark.journey("Ask")
def test_ask(api, journey):
    shop = S["SHOP"]
    api.post(shop + "/echo", json={"word": S["SENT_JSON"]}, headers={"X-Shop-Ticket": S["API_HEADER"]})
    api.get(f"{shop}/echo?key={S['FSTRING']}", auth=("anna", S["BASIC"]))
    answer = api.get(shop + "/secret")
    print("the body is", answer.text, dict(answer.cookies))
    api.get(f"http://nobody.invalid/{S['API_URL']}/x?y={S['API_URL']}")

@pytest.fixture
def password():
    return S["FIXTURE"]

def helper(word):
    local, long = S["LOCAL"], S["LONG"]
    quoted = json.dumps({"word": S["QUOTED"]})
    escaped = html.escape(S["ESCAPED"])
    assert word == S["COMPARED"], quoted

@pytest.mark.journey("Tell")
@pytest.mark.parametrize("given", [S["PARAMETER"], pytest.param("x", id="id-" + S["EXPLICIT_ID"])])
def test_tell(journey, password, given, record_property):
    print("printed", S["PRINTED"], json.dumps(S["QUOTED"]), html.escape(S["ESCAPED"]))
    print(S["SPLIT"][:9], end=""); print(S["SPLIT"][9:])
    print("basic", base64.b64encode(b"anna:" + S["BASIC"].encode()).decode())
    print("to stderr", S["STDERR"], file=sys.stderr)
    logging.getLogger("shop").error("logged %s", S["LOGGED"])
    warnings.warn("warned of " + S["WARNED"])
    child = "import os, sys; print('child says', os.environ['CHILD'])"
    print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout)
    if not S.get("SHOWN_BY_CHILDREN"):
        subprocess.run([sys.executable, "-c", "import os; print('child', os.environ['CHILD_OF_S'])"])
    print("environment", dict(S))
    record_property("used", S["ENVIRON"])
    with allure.step("allure " + S["ALLURE_STEP"]):
        allure.dynamic.parameter("word", S["ALLURE_PARAMETER"], mode=allure.parameter_mode.HIDDEN)
        allure.attach(S["ALLURE_ATTACHMENT"].encode(), name=S["ALLURE_ATTACHMENT"])
    with journey.step("step " + S["STEP"]):
        journey.measure("measured " + S["MEASUREMENT"], 3, S["MEASUREMENT"])
        journey.attach("attached " + S["ATTACHED"], json.dumps({"word": S["ATTACHED"]}), "application/json")
        helper(S["ARGUMENT"])

@pytest.mark.journey("Raise")
def test_raise(journey):
    raise RuntimeError("raised " + S["RAISED"])

@pytest.mark.journey("Skip")
def test_skip():
    pytest.skip("since " + S["SKIPPED"])

@pytest.mark.journey("Expect")
@pytest.mark.xfail(reason="for " + S["EXPECTED"])
def test_expect():
    assert S["EXPECTED"] == "x"

def test_no_journey():
    assert S["COMPARED"] == S["LOCAL"]
"""

PAGE = """<title>Shop</title><form method=post action=/echo><input id=a name=a><input id=b name=b>
<input id=c name=c><button>Go</button></form>"""


class _Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/secret":
            told = json.dumps({"word": SECRETS["BODY"], "html": html.escape(SECRETS["BODY"])})
            self._answer(told.encode(), f"sid={SECRETS['ANSWER_COOKIE']}; Path=/; HttpOnly")
        else:
            self._answer(f"{PAGE}<p>{html.escape(self.path)}".encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(PAGE.encode() + b"<pre>" + html.escape(body.decode()).encode())

    def _answer(self, body: bytes, cookie: str | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


ARGUMENTS = (
    "--tracing=on", "--screenshot=on", "--output=browser", "-l", "-ra", "--junitxml=junit.xml", "-o", "junit_logging=all",
    "-o", "junit_family=xunit1", "--alluredir=results", "--synthetic-jsonl=runs.jsonl", "--log-file=log.txt",
    "--log-level=DEBUG", "--synthetic-evidence=always", "-o", "filterwarnings=default", "-p", "no:hypothesispytest",
)  # fmt: skip


@pytest.mark.parametrize("how", ["-s", "", "-n2"], ids=["uncaptured", "captured", "workers"])
def test_no_secret_leaves(how: str, tmp_path: Path, shop: str) -> None:
    secrets = "".join(f'{name} = {{ env = "{name}" }}\n' for name in SECRETS)
    tmp_path.joinpath("synthetic.toml").write_text(f"[secrets]\n{secrets}", encoding="utf-8")
    tmp_path.joinpath("test_shop.py").write_text(JOURNEYS, encoding="utf-8")
    environ = {**os.environ, **SECRETS, "SHOP": shop} | ({"SHOWN_BY_CHILDREN": "1"} if how == "-s" else {})
    command = [sys.executable, "-m", "pytest", *ARGUMENTS, *filter(None, [how])]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, timeout=300, check=False)
    out = (done.stdout + done.stderr).decode()

    assert "Browse" in out, out
    records = [json.loads(line) for line in tmp_path.joinpath("runs.jsonl").read_text("utf-8").splitlines()]
    assert sorted(record["name"] for record in records) == ["Ask", "Browse", "Expect", "Raise", "Skip", "Tell", "Tell"]
    found = {**_leaks("printed", out.encode()), **_leaks_below(tmp_path)}
    assert found == {}
    assert "[redacted:PRINTED]" in out
    assert all(zipfile.ZipFile(trace).testzip() is None for trace in tmp_path.rglob("trace*.zip"))
    assert len(list(tmp_path.rglob("trace*.zip"))) >= 1


def _leaks_below(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        place = str(path.relative_to(folder))
        found |= _leaks(f"the name {place}", place.encode())
        if path.is_file() and path.suffix != ".pyc":
            found |= _leaks(place, path.read_bytes())
    return found


def _leaks(place: str, data: bytes) -> dict[str, list[str]]:
    """The secrets in `data`, by the place: also inside archives, and decoded in every way."""
    found = {}
    for inside, plain in _unpacked(place, data):
        text = "\n".join(_decoded(plain)).lower()
        if names := [name for name in SECRETS if core(name) in text]:
            found[inside] = names
    return found


def _unpacked(place: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    yield place, data
    if data[:2] == b"\x1f\x8b":
        yield from _unpacked(place + "!", gzip.decompress(data))
    elif data[:1] == b"\x78":
        with contextlib.suppress(zlib.error):
            yield place + "!", zlib.decompress(data)
    elif data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield f"{place}!{name} (its name)", name.encode()
                yield from _unpacked(f"{place}!{name}", archive.read(name))


def _decoded(data: bytes) -> Iterator[str]:
    text = data.decode("utf-8", "replace")
    yield text
    yield unquote_plus(text)
    yield html.unescape(html.unescape(text))
    yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
    yield data.replace(b"\0", b"").decode("utf-8", "replace")
    for run in set(re.findall(rb"[A-Za-z0-9+/_-]{12,}", data)):
        for start in range(4):
            piece = run[start:].replace(b"-", b"+").replace(b"_", b"/")
            yield base64.b64decode(piece[: len(piece) // 4 * 4]).decode("latin-1")


def test_the_search_finds_what_it_looks_for() -> None:
    secret = SECRETS["FILL"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", gzip.compress(base64.b64encode(b"x:" + secret.encode())))
    for data in (
        secret.upper(),
        "".join(f"\\u{ord(c):04x}" for c in secret),
        "".join(f"%{ord(c):02X}" for c in secret),
    ):
        assert _leaks("here", data.encode()) == {"here": ["FILL"]}
    assert _leaks("here", packed.getvalue()) == {"here!a!": ["FILL"]}
    assert _leaks("here", b"nothing") == {}
