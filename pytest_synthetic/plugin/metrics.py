"""What [metrics] asks for, in the controlling process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_synthetic.plugin.session import Session
    from pytest_synthetic.reports.receivers import Receivers


def opened(session: Session, complain: Callable[[str], object]) -> Receivers | None:
    """The receivers of the settings; None when there are none. Raises ConfigError."""
    from pytest_synthetic.reports import receivers

    if not receivers.are_asked_for(session.settings):
        return None
    return receivers.Receivers(session.settings, session.config.rootpath, session.clock, complain)
