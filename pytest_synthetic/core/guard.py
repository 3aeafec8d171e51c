"""The rules that keep a journey from hurting production: a request, and what the journey is, give a reason or none.

Every request is judged before it leaves. What is refused is noted as well: a page's script may swallow the failure.
"""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from pytest_synthetic.errors import GuardRefused, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, 9.2.1; TRACE is sent by no browser)."""
_MINUTE = 60.0
_JUDGED = ("http:", "https:", "ws:", "wss:")


class Kind(StrEnum):
    """What a request is for."""

    PAGE = "page"
    """A page that the browser goes to."""
    PART = "part"
    """What a page asks for: frames, scripts, pictures, calls of its scripts."""
    API = "api"
    """A call of the journey's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that wants to leave. `body` is called where an account must be read."""

    method: str
    url: str
    kind: Kind
    body: Callable[[], str | bytes | None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRoute:
    """Where an account is named: a `field` of the JSON or form sent to a URL; `customer.email` is nested."""

    url: re.Pattern[str]
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may leave. `allowed_hosts` are the product's; `allowed_resources` None lets pages load from anywhere."""

    allowed_hosts: tuple[str, ...] = ()
    allowed_resources: tuple[str, ...] | None = None
    read_only: bool = True
    read_only_posts: tuple[re.Pattern[str], ...] = ()
    refused_methods: tuple[str, ...] = ()
    forbidden: tuple[re.Pattern[str], ...] = ()
    max_requests: int | None = None
    max_requests_per_minute: int | None = None
    test_accounts: tuple[str, ...] = ()
    account_routes: tuple[AccountRoute, ...] = ()


class Guard:
    """Judges and counts the requests of one run."""

    def __init__(
        self, rules: Rules, *, mutates: bool, monotonic: Callable[[], float], note: Callable[[GuardRefused], object]
    ) -> None:
        """`mutates`: whether the journey may change data. `monotonic` gives seconds; `note` is told each refusal."""
        self.rules = rules
        self.changes_nothing = rules.read_only and not mutates
        self._note = note
        self._monotonic = monotonic
        self._sent = 0
        self._lately: deque[float] = deque()

    def refusal(self, asked: Asked) -> GuardRefused | None:
        """Count a request that may leave; note and return why another may not."""
        reason = self.against(asked)
        if reason is None and self._is_own(asked):
            reason = self._too_many()
            if reason is None:
                self._count()
        return self._refused(f"{asked.method} {_bare(asked.url)} was not sent: {reason}") if reason else None

    def removal_refusal(self, asked: Asked, name: str) -> GuardRefused | None:
        """Note and return why the object `name` may not be removed in this way later. Removals count for no limit."""
        reason = self.against(asked)
        if reason is None:
            return None
        how = f"{asked.method} {_bare(asked.url)} would not be sent: {reason}"
        return self._refused(f"{name} is not in the ledger, remove it by hand: {how}")

    def _refused(self, told: str) -> GuardRefused:
        refused = GuardRefused(told)
        self._note(refused)
        return refused

    def against(self, asked: Asked) -> str | None:
        """Which rule a request breaks, however many were sent before it. Nothing is counted or noted."""
        if not asked.url.startswith(_JUDGED):
            return None
        if not self._is_own(asked):
            return self._elsewhere(asked) or self._forbidden(asked)
        return self._forbidden(asked) or self._method(asked) or self._account(asked)

    def _is_own(self, asked: Asked) -> bool:
        return asked.url.startswith(_JUDGED) and fits(asked.url, self.rules.allowed_hosts)

    def _elsewhere(self, asked: Asked) -> str | None:
        host = _host(asked.url)[0]
        if asked.kind is not Kind.PART:
            return f'"{host}" is not in [production] allowed_hosts. {did_you_mean(host, self.rules.allowed_hosts)}'
        parts = self.rules.allowed_resources
        if parts is None or fits(asked.url, parts):
            return None
        known = did_you_mean(host, parts)
        return f'"{host}" is in neither allowed_hosts nor allowed_resources of [production]. {known}'

    def _forbidden(self, asked: Asked) -> str | None:
        ways = {asked.url, unquote(asked.url)}  # %61dmin is admin
        found = next((route for route in self.rules.forbidden if any(map(route.search, ways))), None)
        return f'it fits "{found.pattern}" in [production] forbidden' if found else None

    def _method(self, asked: Asked) -> str | None:
        if asked.method in self.rules.refused_methods:
            return f"{asked.method} is in [production] refused_methods"
        if not self.changes_nothing or asked.method in SAFE:
            return None
        reads = asked.method == "POST"
        if reads and any(route.search(asked.url) for route in self.rules.read_only_posts):
            return None
        return (
            "[production] read_only is true, and the journey has no mark `mutates`. If it changes data on purpose, "
            "add @pytest.mark.mutates"
            + ("; if this request only reads, add its address to read_only_posts" if reads else "")
        )

    def _account(self, asked: Asked) -> str | None:
        if asked.method in SAFE:
            return None
        for route in self.rules.account_routes:
            if route.url.search(asked.url):
                account = named(route.field, asked.body())
                if account is None:
                    return f'what is sent has no field "{route.field}", see [production] account_routes'
                if not any(fnmatchcase(account.lower(), known.lower()) for known in self.rules.test_accounts):
                    return f'the account in its field "{route.field}" is not in [production] test_accounts'
        return None

    def _too_many(self) -> str | None:
        most, a_minute = self.rules.max_requests, self.rules.max_requests_per_minute
        if most is not None and self._sent >= most:
            return f"the run has sent {most} requests already, [production] max_requests"
        while self._lately and self._monotonic() - self._lately[0] >= _MINUTE:
            self._lately.popleft()
        if a_minute is not None and len(self._lately) >= a_minute:
            return f"the run has sent {a_minute} requests within a minute, [production] max_requests_per_minute"
        return None

    def _count(self) -> None:
        self._sent += 1
        if self.rules.max_requests_per_minute is not None:
            self._lately.append(self._monotonic())


def fits(url: str, patterns: Sequence[str]) -> bool:
    """Whether the host of a URL fits `shop.example`, `*.shop.example` (any subdomain), `localhost:8080` or `*`."""
    host, port = _host(url)
    return any(pattern in ("*", host, f"{host}:{port}") or _is_under(host, port, pattern) for pattern in patterns)


def _is_under(host: str, port: int | None, pattern: str) -> bool:
    suffix = pattern[1:] if pattern.startswith("*.") else ""
    return bool(suffix) and (host.endswith(suffix) or f"{host}:{port}".endswith(suffix))


def _host(url: str) -> tuple[str, int | None]:
    """Host and port; an address that cannot be read has no host, and fits nothing."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443, "ws": 80, "wss": 443}.get(parts.scheme)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return "", None
    return (f"[{host}]" if ":" in host else host), port


def _bare(url: str) -> str:
    """A URL without login, query and fragment, the places where secrets travel."""
    scheme, mark, rest = re.split("[?#]", url, maxsplit=1)[0].partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


def named(field: str, body: str | bytes | None) -> str | None:
    """The value of a field of a JSON object or of a form; None where it is not there, or not once."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body or ""
    try:
        value = json.loads(text)
    except ValueError:
        found = [value for name, value in parse_qsl(text, keep_blank_values=True) if name == field]
        return found[0] if len(found) == 1 else None
    for key in field.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
