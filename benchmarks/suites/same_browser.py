"""Both sides drive the same browser."""

import os
from typing import Any

import pytest


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = os.environ["BENCHMARK_BROWSER"]
    return {**browser_type_launch_args, **({"executable_path": path} if path else {})}
