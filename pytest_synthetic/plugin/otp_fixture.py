"""Make the authenticator of one test."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from pytest_synthetic.config import folders
from pytest_synthetic.inboxes.authenticator import Authenticator
from pytest_synthetic.plugin.attempt import ATTEMPT

if TYPE_CHECKING:
    import pytest

    from pytest_synthetic.plugin.session import Session


def made(request: pytest.FixtureRequest, session: Session) -> Authenticator:
    """The authenticator; what it waits for the next window counts in no step of the journey."""
    attempt = request.node.stash.get(ATTEMPT, None)

    def sleep(seconds: float) -> None:
        with attempt.recorder.own_time() if attempt else nullcontext():
            time.sleep(seconds)

    folder = folders.folder_of("inboxes", session.settings.source, session.config.rootpath)
    learn = attempt.learning.learn if attempt else session.redactor.learn
    return Authenticator(session.settings.otp, folder=folder, clock=session.clock, sleep=sleep, learn=learn)
