"""Asks targets that are known to be good, from where a region's traffic leaves."""

from __future__ import annotations

import errno
import uuid
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_synthetic.model.verdict import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    import requests

    from pytest_synthetic.model.region import Region

_SILENCE = {"product": Fault.NETWORK, "network": Fault.NETWORK, "region": Fault.REGION}
"""Who is at fault, by what is said of a call that failed: here the target is known to be good."""
_PROXY_WANTS_LOGIN = 407
_NO_ANSWER = 500
"""From this status on an answer may be that of a proxy which does not get through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What became of asking. `fault` is whose silence it is; None when a target answered, or nobody can know.

    `told` says in words what was seen.
    """

    fault: Fault | None
    told: str

    @property
    def silent(self) -> bool:
        """Whether no target can be reached."""
        return self.fault is not None


def ask(urls: Sequence[str], region: Region, timeout: float) -> Probe:
    """Ask one after the other, until one answers; at most `timeout` seconds each. Raises nothing."""
    probe = Probe(fault=None, told="no control target is set")
    for url in urls:
        probe = _asked(url, region, timeout)
        if not probe.silent:
            break
    return probe


def _asked(url: str, region: Region, timeout: float) -> Probe:
    host = urlsplit(url).hostname or "the control target"
    try:
        status = _status(url, region, timeout)
    except Exception as error:  # noqa: BLE001  whatever it is, the outcome of a job is worth more
        fault, told = _why(error)
        return Probe(fault=fault, told=f"{host}: {told}")
    if status >= _NO_ANSWER:
        return Probe(fault=Fault.NETWORK, told=f"{host}: it answered with status {status}")
    if status == _PROXY_WANTS_LOGIN:
        return Probe(fault=Fault.REGION, told=f"{host}: the proxy asks for a user name and password")
    return Probe(fault=None, told=f"{host} answered with status {status}")


def _status(url: str, region: Region, timeout: float) -> int:
    """The status of the answer. A redirect is one: that of a captive portal is not followed to its page."""
    from pytest_synthetic.channels.api import ApiSession

    session = ApiSession(
        base_url=None,
        proxy=region.egress,
        headers={},
        user_agent=f"pytest-synthetic/{version('pytest-synthetic')} (control)",
        trace_id=uuid.uuid4().hex,
        deadline=timeout,
        connect_timeout=timeout,
    )
    session.auth = _as_it_is  # else a login of a .netrc would be sent
    with session, session.get(url, stream=True, allow_redirects=False) as answer:
        return answer.status_code


def _why(error: Exception) -> tuple[Fault | None, str]:
    from pytest_synthetic.channels.network_faults import classify

    fault, told = classify(error) or (None, type(error).__name__)
    told = told.replace("the product's", "its").replace("the product", "it")  # there, only the product is asked
    if fault not in _SILENCE or _no_file_left(error):
        return None, f"cannot be asked: {told}"
    return _SILENCE[fault], told


def _no_file_left(error: BaseException | None) -> bool:
    """Whether this process alone could not: another one, which ran the journey, may well have been able to."""
    while error is not None:
        if getattr(error, "errno", None) in (errno.EMFILE, errno.ENFILE):
            return True
        error = error.__cause__ or error.__context__
    return False


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
