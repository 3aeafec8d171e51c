"""A session of requests for receivers of what we send, which knows in plain words why a request came to nothing."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator


class Asking(requests.Session):
    """As requests.Session, but no redirect is followed and no login of a .netrc is sent: a token stays where it is.

    `why` is the reason of the last request that came to nothing: an exception, or a status of 300 or more.
    """

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self.why = ""
        self._seconds = timeout
        self.auth = _as_it_is

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """As Session.request."""
        try:
            response = super().request(*args, **{"timeout": self._seconds, **kwargs, "allow_redirects": False})
        except requests.RequestException as error:
            self.why = self._told(error)
            raise
        if response.status_code >= 300:
            self.why = f"it answered {response.status_code}"
        return response

    def _told(self, error: requests.RequestException) -> str:
        """Why, without the address: the path of one may be a token."""
        if isinstance(error, requests.exceptions.ProxyError):
            return "the proxy of this machine's environment does not lead to it"
        if isinstance(error, requests.Timeout):
            return f"no answer within {self._seconds:g} s"
        for cause in _causes(error):
            if isinstance(cause, ssl.SSLError):
                return f"no TLS connection: {getattr(cause, 'verify_message', '') or cause.reason}"
            if isinstance(cause, OSError) and cause.strerror:
                return f"it cannot be reached: {cause.strerror}"
        return f"it cannot be reached: {type(error).__name__}"


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what lies below it, the deepest first."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return reversed(found)
