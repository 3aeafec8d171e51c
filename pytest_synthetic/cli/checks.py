"""What `synthetic doctor` looks at. Every check ends, and none raises."""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_synthetic.config import files, folders
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.core.ports import Probing, Receiving
from pytest_synthetic.errors import BrowserUnavailable, ConfigError, UsageError
from pytest_synthetic.inboxes import providers
from pytest_synthetic.inboxes.totp import Totp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from pytest_synthetic.config.settings import InboxSettings, OtpSettings, Settings
    from pytest_synthetic.core.ports import InboxProvider
    from pytest_synthetic.model.region import Region

TCP_LIMIT = 2.0
HTTP_LIMIT = 5.0
VERSION_LIMIT = 10.0
"""Seconds that a connect, an answer and a program's `--version` may take."""

_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443, "socks5": 1080}


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor; `mend` says what to do about it."""

    state: State
    name: str
    told: str
    mend: str = ""


def _ok(name: str, told: str) -> Finding:
    return Finding(state=State.OK, name=name, told=told)


def _warn(name: str, told: str, mend: str) -> Finding:
    return Finding(state=State.WARN, name=name, told=told, mend=mend)


def _wrong(name: str, told: str, mend: str) -> Finding:
    return Finding(state=State.WRONG, name=name, told=told, mend=mend)


def examine(here: Path, environ: Mapping[str, str], config: Path | None = None) -> Iterator[Finding]:
    """Look at this machine, then at the settings that hold in `here`, or in the file `config`."""
    yield _ok("python", f"{platform.python_version()}, {platform.system()}")
    yield from packages()
    yield browser()
    yield from report_programs()
    try:
        settings = files.load(config or files.find((here,)), environ)
    except ConfigError as error:
        yield _wrong("settings", str(error), "correct the file; nothing runs before that")
        return
    yield _source(settings)
    yield from reach(settings)


# -- this machine ----------------------------------------------------------------------------------------------------


def packages(name: str = "pytest-synthetic") -> Iterator[Finding]:
    """What the distribution `name` requires: one line for all that is right, one for each that is not."""
    from packaging.requirements import Requirement

    good = []
    for line in metadata.requires(name) or ():
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            found = "not installed"
        if found != "not installed" and wanted.specifier.contains(found, prereleases=True):
            good.append(f"{wanted.name} {found}")
        else:
            needs = f"{wanted.name}{wanted.specifier}"
            yield _wrong("packages", f"{wanted.name}: {found}, needed: {needs}", f"pip install '{needs}'")
    yield _ok("packages", ", ".join(good))


def browser() -> Finding:
    """Whether the browser that journeys would get starts."""
    try:
        from pytest_synthetic.channels import browser_setup

        return _ok("browser", str(browser_setup.usable()))
    except ImportError as error:
        return _wrong("browser", f"Playwright cannot be imported: {error}", "pip install pytest-playwright")
    except BrowserUnavailable as error:
        told, _, mend = str(error).partition("\n")
        return _wrong("browser", one_line(told), mend.removeprefix("Run: ") or "synthetic install-browser")


def report_programs() -> Iterator[Finding]:
    """What makes the HTML report; without any, journeys run all the same."""
    from pytest_synthetic.reports import generators

    node, java = _program("node", "--version"), _program("java", "-version")
    yield _ok("node", node) if node and shutil.which("npx") else _warn("node", "none", "only for Allure 3: nodejs.org")
    yield _ok("java", java or "none; only Allure 2 needs it")
    generator = next(generators.found(), None)
    if generator:
        yield _ok("report", generator.words)
    else:
        yield _warn("report", "no Allure, so no HTML report", "install Node.js 20 or newer, with npx")


def _program(name: str, option: str) -> str | None:
    """The first line a program says of its version, None where it is not here or does not answer."""
    path = shutil.which(name)
    if path is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603  node or java, found on the PATH
            [path, option], capture_output=True, text=True, timeout=VERSION_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (said.stdout + said.stderr).strip().splitlines()
    return f"{one_line(lines[0], 40)}, {path}" if said.returncode == 0 and lines else None


# -- the settings ----------------------------------------------------------------------------------------------------


def _source(settings: Settings) -> Finding:
    if settings.source is None:
        return _warn("settings", "no synthetic.toml here or above, the defaults hold", "synthetic init")
    return _ok("settings", _shown(settings.source))


def _shown(path: Path) -> str:
    inside = path.is_relative_to(Path.cwd())
    return str(path.relative_to(Path.cwd()) if inside else path)


def reach(settings: Settings) -> Iterator[Finding]:
    """Whether the regions, the product and the inboxes answer, all asked at once; whether the accounts can be read."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        regions = [pool.submit(_region, region) for region in settings.regions.values()]
        product = pool.submit(_product, settings.base_url)
        inboxes = [pool.submit(_inbox, inbox, settings.source) for inbox in settings.inboxes.values()]
        for answer in [*regions, product, *inboxes]:
            yield answer.result()
    for name, account in settings.otp.items():
        yield _account(name, account)


def _region(region: Region) -> Finding:
    name = f"region {region.name}"
    if region.here:
        return _ok(name, "this machine stands in it (SYNTHETIC_HERE)")
    ways = {"proxy": region.egress, "remote browser": region.remote_browser}
    found = {way: url for way, url in ways.items() if url}
    if not found:
        mend = f"give it a proxy or a remote browser, or set SYNTHETIC_HERE={region.name} where it is"
        return _warn(name, "no way there from this machine", mend)
    told = [(way, *_address(url)) for way, url in found.items()]
    silent = [f"{way} {host}:{port}: {why}" for way, host, port in told if (why := _tcp(host, port))]
    if silent:
        return _wrong(name, "; ".join(silent), "start it, or correct its address in the settings")
    return _ok(name, "; ".join(f"{way} {host}:{port} answers" for way, host, port in told))


def _address(url: str) -> tuple[str, int]:
    """Host and port alone: what else the URL holds may be a password."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)


def _tcp(host: str, port: int) -> str | None:
    """Why nothing answers there, None when something does."""
    try:
        socket.create_connection((host, port), TCP_LIMIT).close()
    except OSError as error:
        return "no answer within 2 s" if isinstance(error, TimeoutError) else one_line(error.strerror or str(error), 60)
    return None


def _product(base_url: str | None) -> Finding:
    if base_url is None:
        return _warn("product", "no base_url", "set base_url in synthetic.toml, or run pytest with --base-url")
    from pytest_synthetic.channels.api import ApiSession

    host, port = _address(base_url)
    place = f"{urlsplit(base_url).scheme}://{host}:{port}"
    agent = f"pytest-synthetic/{metadata.version('pytest-synthetic')} (doctor)"
    session = ApiSession(
        base_url=base_url, proxy=None, headers={}, user_agent=agent, trace_id=uuid.uuid4().hex, deadline=HTTP_LIMIT
    )
    try:
        with session, session.get(base_url, stream=True) as answer:
            status = answer.status_code
    except OSError as error:  # every exception of requests is one
        return _wrong("product", f"{place}: {one_line(str(error), 120)}", "start it, or correct base_url")
    if status >= 400:
        return _warn("product", f"{place} answers with status {status}", "correct base_url, if that is not meant")
    return _ok("product", f"{place} answers with status {status}")


def _inbox(inbox: InboxSettings, source: Path | None) -> Finding:
    name = f"inbox {inbox.name}"
    try:
        folder = folders.folder_of("inboxes", source, Path.cwd())
        provider = providers.made(inbox, clock=SystemClock(), sleep=time.sleep, folder=folder)
        if not isinstance(provider, Probing):
            return _warn(name, f"{inbox.provider}: cannot say how it is", "give the provider a probe()")
        with _listening(provider, inbox):
            health = provider.probe()
    except ConfigError as error:
        return _wrong(name, one_line(str(error), 200), "correct the settings, or install what it needs")
    except OSError as error:
        told = f"cannot listen on {inbox.options.get('listen')}: {error.strerror or error}"
        return _wrong(name, told, "end what holds the port (a pytest that runs?), or choose another one")
    except Exception as error:  # noqa: BLE001  a stranger's code: its mistakes are told like any other
        return _wrong(
            name, f"{inbox.provider}: {type(error).__name__}: {one_line(str(error), 160)}", "see its provider"
        )
    told = f"{inbox.provider}: {health.told}"
    return _ok(name, told) if health.ok else Finding(state=State.WRONG, name=name, told=told)


def _listening(provider: InboxProvider, inbox: InboxSettings) -> AbstractContextManager[object]:
    """Where messages are pushed to us, listen as pytest does: is the port to be had?"""
    return provider.receive() if isinstance(provider, Receiving) and "listen" in inbox.options else nullcontext()


def _account(name: str, account: OtpSettings) -> Finding:
    try:
        Totp(
            account.secret,
            clock=SystemClock(),
            digits=account.digits,
            period=account.period,
            algorithm=account.algorithm,
        )
    except UsageError as error:
        return _wrong(f"otp {name}", one_line(str(error), 200), f"correct the secret of [otp.{name}]")
    return _ok(f"otp {name}", f"{account.digits} digits every {account.period} s")
