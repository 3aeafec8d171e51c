"""Starts the demo shop and one proxy a region, unless the environment names real ones."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from pytest_synthetic.demo import server

LOGS = pytest.StashKey[dict[str, Path]]()


def pytest_configure(config: pytest.Config) -> None:
    """Runs before pytest-synthetic reads synthetic.toml; workers of xdist find the variables set already."""
    logs = config.stash[LOGS] = {}
    if "SHOP" not in os.environ:
        shop = server.serve()
        config.add_cleanup(shop.close)
        _announce(config, "SHOP", shop.base_url)
    for name in ("EU_PROXY", "US_PROXY"):
        if name not in os.environ:
            logs[name] = _start_proxy(config, name)


def _start_proxy(config: pytest.Config, name: str) -> Path:
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    port, log = Path(folder.name, "port"), Path(folder.name, "log")
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0", "--num-workers", "1"]
    process = subprocess.Popen([*command, "--port-file", str(port), "--log-file", str(log)])
    config.add_cleanup(process.wait)
    config.add_cleanup(process.terminate)
    deadline = time.monotonic() + 30
    while not (port.is_file() and port.read_text().strip()):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.exit(f"the proxy for {name} did not start", returncode=4)
        time.sleep(0.05)
    _announce(config, name, f"http://127.0.0.1:{port.read_text().strip()}")
    return log


def _announce(config: pytest.Config, name: str, address: str) -> None:
    os.environ[name] = address
    config.add_cleanup(lambda: os.environ.pop(name, None))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Count what crossed each proxy, from its access log."""
    for name, log in config.stash[LOGS].items():
        carried = sum("access_log" in line for line in log.read_text().splitlines()) if log.is_file() else 0
        terminalreporter.write_line(f"{name} carried {carried} connections")
