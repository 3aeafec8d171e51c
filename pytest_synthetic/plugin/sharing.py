"""What several machines share while they run: in the history, where that is a server, else in files of this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config import folders
from pytest_synthetic.config.history import server_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.config.settings import InboxSettings
    from pytest_synthetic.core.ports import Leases, Ledger
    from pytest_synthetic.history.holding import Holding
    from pytest_synthetic.plugin.session import Session

_HOLDING = pytest.StashKey["Holding"]()


def leases(inbox: InboxSettings, session: Session) -> Leases:
    """Who gives out the addresses of an inbox."""
    if holding := _holding(session):
        from pytest_synthetic.history.leases import SqlLeases

        scope = f"{session.settings.product}/{inbox.name}/{inbox.provider}"
        return SqlLeases(holding, scope=scope, clock=session.clock, sleep=time.sleep)
    from pytest_synthetic.inboxes.lease_files import FileLeases

    return FileLeases(inbox_folder(session), clock=session.clock, sleep=time.sleep)


def ledger(session: Session) -> Ledger | None:
    """The ledger that machines share; None where there is none."""
    holding = _holding(session)
    if holding is None:
        return None
    from pytest_synthetic.history.ledger import SqlLedger

    return SqlLedger(holding, product=session.settings.product)


def own_ledger(session: Session) -> Ledger:
    """The ledger of this machine."""
    from pytest_synthetic.ledger.ledger_files import FileLedger

    return FileLedger(ledger_folder(session))


def inbox_folder(session: Session) -> Path:
    """Where inboxes keep what their processes share."""
    return folders.folder_of("inboxes", session.settings.source, session.config.rootpath)


def ledger_folder(session: Session) -> Path:
    """Where the ledger of this machine is."""
    return folders.folder_of("created", session.settings.source, session.config.rootpath)


def _holding(session: Session) -> Holding | None:
    """What this process holds on the server, opened when it first holds something; None where there is no server."""
    url = server_of(session.settings)
    if url is None:
        return None
    stash = session.config.stash
    if _HOLDING not in stash:
        from pytest_synthetic.history.holding import Holding

        holding = stash[_HOLDING] = Holding(url)
        session.config.add_cleanup(holding.close)
    return stash[_HOLDING]
