"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No deadline: CI's machines are slow now and then, and no test of ours is about time.
settings.register_profile("ours", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")
