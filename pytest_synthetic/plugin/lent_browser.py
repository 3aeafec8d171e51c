"""The browser that the scheduler lends to the run of its job."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from pytest_synthetic.channels import browser_shared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_synthetic.model.verdict import Fault


class LentBrowser:
    """What the folder of a job says of a browser; most jobs have none."""

    def __init__(self, folder: Path) -> None:
        """Read it. Raises nothing: without it, the run starts its own browser."""
        self._lent = browser_shared.lent(folder)
        self._suspicion: browser_shared.Suspicion | None = None
        self._open = contextlib.ExitStack()

    def connected(self, browser_type: Any, options: Mapping[str, Any]) -> Any | None:
        """The browser, when it is the very one that `options` would start, and it answers; else None."""
        if self._lent is None or browser_type.name != "chromium":
            return None
        if self._lent.fits != browser_shared.fitting(options, os.environ):
            return None
        found = browser_shared.connect(browser_type, self._lent)
        if found and self._suspicion is None:
            self._suspicion = browser_shared.Suspicion(self._lent)
            self._open.enter_context(browser_shared.downloads_at_hand())
        return found

    def suspect(self, error: BaseException, /) -> tuple[Fault, str] | None:
        """A core.ports.Classifier: that the browser is at fault; None while the run does not use it."""
        return self._suspicion(error) if self._suspicion else None

    def close(self) -> None:
        """The session ends."""
        self._open.close()
