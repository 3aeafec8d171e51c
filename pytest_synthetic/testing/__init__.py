"""For users' own tests: doubles, and the contract that an inbox provider must keep."""

from __future__ import annotations

from pytest_synthetic.testing.clock import FakeClock
from pytest_synthetic.testing.hand_fed import HandFedInbox
from pytest_synthetic.testing.inbox_contract import InboxContract
from pytest_synthetic.testing.memory_leases import MemoryLeases

__all__ = ["FakeClock", "HandFedInbox", "InboxContract", "MemoryLeases"]
