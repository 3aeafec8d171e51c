"""A PostgreSQL that is restarted while journeys are watched: nothing runs without it, and each tick is accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.accounts import accounted, runs_of
from tests.postgres import Server, needs_postgres, server
from tests.watching import NOON, Room, a_plan

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [needs_postgres, pytest.mark.slow]


def test_a_server_that_is_restarted_while_journeys_are_watched(tmp_path: Path) -> None:
    plans = (a_plan(every=10), a_plan("search", "us"))
    servers: list[Server] = []
    with server(safe=True, running=servers) as address:
        url = f"{address}/postgres".replace("postgresql:", "postgresql+psycopg:")
        room = Room(url, *plans, folder=tmp_path)
        room.live(60)
        room.after(10)
        servers[0].stop()
        room.finish_all()
        room.live(30, step=10)
        (trouble,) = room.pulse.report(room.clock.now()).troubles
        assert trouble.what == "history"
        servers[0].start()
        room.live(60)
        room.after(1)

        assert room.pulse.report(room.clock.now()).troubles == ()
        verdicts = accounted(runs_of(url), plans, NOON, room.clock.now())
        assert verdicts.keys() == {"passed", "missed"}
        assert verdicts["passed"] >= 13
        room.close()
