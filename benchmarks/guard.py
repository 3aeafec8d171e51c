"""What the guard costs a browser request: the same pages in two contexts of one browser, with and without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REPEATS = 5
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PARTS = 200
CALLS = 50
SERVER = """
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        page = "<p>" + "".join(f"<img src='/{n}.png?{self.path[1:]}'>" for n in range(PARTS))
        body = page.encode() if ".png" not in self.path and "call" not in self.path else b"x"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
print(server.server_port, flush=True)
server.serve_forever()
"""
_CALLS = "async n => { for (let i = 0; i < n; i++) await fetch('/call' + i) }"


def measure(_workshop: Path) -> Iterator[Figure]:
    """Limit: 0.2 ms of CPU a request of a page with 200 parts. A call of a script is held, and has no limit."""
    from playwright.sync_api import sync_playwright

    from pytest_synthetic.channels.guard_browser import BrowserGuard
    from pytest_synthetic.core.guard import Guard, Rules

    server = subprocess.Popen(
        [sys.executable, "-c", SERVER.replace("PARTS", str(PARTS))], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    port = int((server.stdout or sys.stdin).readline())
    try:
        with sync_playwright() as playwright:
            path = next(filter(None, map(shutil.which, BROWSERS)), None)
            browser = playwright.chromium.launch(executable_path=path)
            rules = Rules(allowed_hosts=("127.0.0.1",))
            guard = Guard(rules, mutates=False, monotonic=time.monotonic, note=print)
            new = {
                "bare": browser.new_context,
                "guarded": lambda: BrowserGuard(guard, {}, "").make(browser, browser.new_context, None),
                "routed": lambda: _routed(browser.new_context()),
                "floor": lambda: _holding_nothing(browser.new_context()),
            }
            address, skip = f"http://127.0.0.1:{port}", {os.getpid(): {server.pid}}
            visits = lambda page: [page.goto(f"{address}/{n}") for n in range(2)]  # noqa: E731  one line, used once
            calls = lambda page: page.evaluate(_CALLS, CALLS)  # noqa: E731
            pages = _each(new, visits, 2 * (PARTS + 1), address, skip)
            yield Figure(name="a request of a page with 200 parts", each=pages["guarded"], unit="ms", limit=0.2)
            yield Figure(name="the same with Playwright's routing", each=pages["routed"], unit="ms")
            yield Figure(name="Chromium's interception of what never comes", each=pages["floor"], unit="ms")
            called = _each(new, calls, CALLS, address, skip)
            yield Figure(name="a call of a script, which is held", each=called["guarded"], unit="ms")
            yield Figure(name="the same with Playwright's routing", each=called["routed"], unit="ms")
    finally:
        server.kill()
        server.communicate()


def _routed(context: Any) -> Any:
    context.route("**/*", lambda route: route.continue_())
    return context


def _holding_nothing(context: Any) -> Any:
    """What no guard in the browser can be cheaper than: it looks at each request, and none fits."""

    def watch(page: Any) -> None:
        context.new_cdp_session(page).send("Fetch.enable", {"patterns": [{"urlPattern": "*no-such-thing*"}]})

    context.on("page", watch)
    return context


def _each(
    new: dict[str, Callable[[], Any]],
    work: Callable[[Any], object],
    requests: int,
    address: str,
    skip: dict[int, set[int]],
) -> dict[str, list[float]]:
    """Milliseconds of CPU a request, beyond those of the bare context, repeat by repeat."""
    found: dict[str, list[float]] = {name: [] for name in new}
    for _ in range(REPEATS + 1):
        for name, make in new.items():
            context = make()
            page = context.new_page()
            page.goto(f"{address}/warm")
            before = _cpu(skip)
            work(page)
            found[name].append((_cpu(skip) - before) * 1000 / requests)
            context.close()
    return {name: [a - b for a, b in zip(found[name], found["bare"], strict=True)][1:] for name in new}


def _cpu(skip: dict[int, set[int]]) -> float:
    """Seconds that this process and all it started have used, but for the server."""
    tick, spent = os.sysconf("SC_CLK_TCK"), dict[int, float]()
    children: dict[int, set[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208  names
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8") as file:  # noqa: PTH123  a thousand times
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        spent[int(name)] = (int(fields[11]) + int(fields[12])) / tick
        children.setdefault(int(fields[1]), set()).add(int(name))
    waiting, total = [os.getpid()], 0.0
    while waiting:
        process = waiting.pop()
        total += spent.get(process, 0.0)
        waiting += children.get(process, set()) - skip.get(process, set())
    return total
