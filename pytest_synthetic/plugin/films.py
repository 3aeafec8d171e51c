"""Whether a secret may be seen in the videos of a run: decided once, when they are complete."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_synthetic.channels.evidence_browser import BrowserEvidence
    from pytest_synthetic.core.redact import Redactor
    from pytest_synthetic.model.run import RunResult
    from pytest_synthetic.plugin.learning import Learning
    from pytest_synthetic.plugin.session import Session

NEVER_SEEN = frozenset({"cookie", "token"})
"""What no page shows: that it is known is no reason to withhold a film."""
TOLD = "videos were withheld: a secret may be seen in them. Type secrets with secrets.fill, and let a trace be recorded"


def anything_to_see(redactor: Redactor) -> bool:
    """Whether anything is known that a film could show."""
    return bool(redactor.names - NEVER_SEEN)


def sha256(data: bytes) -> str:
    """The hash by which a film is known."""
    return hashlib.sha256(data).hexdigest()


def kept_in(run: RunResult) -> set[str]:
    """The hashes of the films that the record of a run names."""
    return {file.sha256 for file in run.artifacts if file.path and file.sha256 and file.media_type == "video/webm"}


class Films:
    """Decides for one run. A film is a matter of trust: what nobody can say counts as seen."""

    def __init__(self, session: Session, learning: Learning) -> None:
        """Begins now."""
        self._redactor = session.redactor
        self._secrets = session.secrets
        self._learning = learning
        self._given, self._filled = len(self._secrets.given), len(self._secrets.filled)

    def may_show(self, browser: BrowserEvidence) -> bool:
        """Whether a secret may be seen on the pages of the run.

        A code or an address that the run met, and a secret that the test got as a text, may have been typed in any way.
        All other ones are looked for in the trace of every context: it has what was typed, and the pages themselves.
        """
        known = self._redactor.names - NEVER_SEEN
        if not known:
            return False
        if self._learning.kinds - NEVER_SEEN or self._secrets.given[self._given :]:
            return True
        parts = browser.traced()
        hidden = frozenset(self._secrets.filled[self._filled :])
        return parts is None or any(self._redactor.shown(part) & known - hidden for part in parts)
