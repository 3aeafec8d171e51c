"""What the fixture `otp` is: the codes of the accounts in [otp.NAME], no code handed out twice on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from filelock import FileLock

from pytest_synthetic.config import folders
from pytest_synthetic.errors import ConfigError, UsageError, did_you_mean
from pytest_synthetic.inboxes.totp import Totp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_synthetic.config.settings import OtpSettings
    from pytest_synthetic.core.ports import Clock

REMEMBERED = 20
"""Windows that are remembered of an account; servers accept codes of two or three."""


class SharedClaims:
    """The windows of one account whose codes were handed out by the processes that share the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, window: int) -> bool:
        """Take a window; false when it was taken before."""
        folders.ready(self._path.parent)
        with FileLock(self._path.with_suffix(".lock")):
            taken = self._taken()
            if window in taken:
                return False
            self._path.write_text(json.dumps([*taken, window][-REMEMBERED:]), encoding="utf-8")
            return True

    def _taken(self) -> list[int]:
        try:
            return [int(window) for window in json.loads(self._path.read_text(encoding="utf-8"))]
        except (FileNotFoundError, ValueError, TypeError):  # never written, or cut off by a power cut
            return []


class Authenticator:
    """One-time codes as an authenticator app shows them: `otp()`, or `otp("anna")` where there are several accounts."""

    def __init__(
        self,
        accounts: Mapping[str, OtpSettings],
        *,
        folder: Path,
        clock: Clock,
        sleep: Callable[[float], None],
        learn: Callable[[str, str], object] = lambda *_: None,
    ) -> None:
        """`folder` is shared by the processes of this machine. `learn` is told each code: no report may show it."""
        self._accounts = accounts
        self._folder = folder
        self._clock = clock
        self._sleep = sleep
        self._learn = learn

    def __call__(self, account: str | None = None) -> str:
        """A code that was not handed out before and stays valid for at least 3 s. May wait for the next window.

        Raises ConfigError for an account that is not in the settings, and for a secret that cannot be read.
        """
        name = self._named(account)
        settings = self._accounts[name]
        try:
            totp = Totp(
                settings.secret,
                clock=self._clock,
                sleep=self._sleep,
                claim=SharedClaims(self._folder / f"otp-{quote(name, safe='')}.json"),
                digits=settings.digits,
                period=settings.period,
                algorithm=settings.algorithm,
            )
        except UsageError as error:
            raise ConfigError(f"[otp.{name}]: {error}") from None
        code = totp.fresh()
        self._learn("code", code)
        return code

    def _named(self, account: str | None) -> str:
        if not self._accounts:
            raise ConfigError('no account: write [otp.NAME] with secret = "${SHOP_TOTP}" in synthetic.toml')
        if account is None and len(self._accounts) == 1:
            return next(iter(self._accounts))
        if account is None:
            raise ConfigError(f"several accounts: say which, as in otp({min(self._accounts)!r})")
        if account not in self._accounts:
            raise ConfigError(f"no [otp.{account}] in synthetic.toml. {did_you_mean(account, self._accounts)}")
        return account
