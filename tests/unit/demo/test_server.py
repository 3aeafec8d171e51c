"""The shop behind real sockets: where it listens, and what it leaves when it closes."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from pytest_synthetic.demo import server
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.server import RunningShop, main, serve


@pytest.fixture
def shop() -> Iterator[RunningShop]:
    with serve() as running:
        yield running


def port_of(shop: RunningShop) -> int:
    """Return the port that a shop took."""
    port = urlsplit(shop.base_url).port
    assert port
    return port


def test_serves_where_it_says(shop: RunningShop) -> None:
    assert requests.get(f"{shop.base_url}/healthz", timeout=5).json() == {"status": "ok"}


def test_listens_on_the_loopback_interface_only(shop: RunningShop) -> None:
    assert shop.base_url.startswith("http://127.0.0.1:")
    # Every 127.x.y.z is this machine: a server bound to all interfaces would answer on this one too.
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        other.connect(("127.0.0.2", port_of(shop)))


def test_offers_no_way_to_listen_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TypeError):
        serve(host="0.0.0.0")
    with pytest.raises(SystemExit):
        main(["--host", "0.0.0.0"])
    assert "unrecognized arguments" in capsys.readouterr().err


def test_port_zero_takes_a_free_one_each_time(shop: RunningShop) -> None:
    with serve() as other:
        assert port_of(other) != port_of(shop) != 0


def test_close_frees_the_port_ends_the_threads_and_may_be_repeated() -> None:
    before = threading.active_count()
    first = serve()
    requests.get(f"{first.base_url}/", timeout=5)
    first.close()
    first.close()
    with serve(port=port_of(first)) as second:
        assert second.base_url == first.base_url
    assert threading.active_count() == before


def test_close_does_not_wait_for_a_slow_payment() -> None:
    with serve(faults=[Fault.SLOW_PAYMENT], payment_delay=60) as shop:
        with pytest.raises(requests.ReadTimeout):
            requests.post(f"{shop.base_url}/payment", timeout=0.1)


def test_a_taken_port_is_an_error_that_leaves_nothing_behind(shop: RunningShop) -> None:
    before = threading.active_count()
    with pytest.raises(OSError, match="in use"):
        serve(port=port_of(shop))
    assert threading.active_count() == before


def test_faults_change_while_it_runs() -> None:
    with serve(faults={Fault.API_500}) as shop:
        assert requests.get(f"{shop.base_url}/api/products", timeout=5).status_code == 500
        shop.faults.replace(())
        assert requests.get(f"{shop.base_url}/api/products", timeout=5).status_code == 200


def test_delays_are_given_in_seconds() -> None:
    with serve(faults={Fault.SLOW_PAYMENT}, payment_delay=0.05) as shop:
        began = time.monotonic()
        requests.post(f"{shop.base_url}/payment", timeout=5)
        assert time.monotonic() - began >= 0.05


def test_a_queue_of_requests_is_nothing_to_tell() -> None:
    assert not logging.getLogger("waitress.queue").isEnabledFor(logging.WARNING)


class TestCommand:
    def test_a_wrong_fault_names_the_nearest_one(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            main(["--fault", "api-500", "--fault", "blank-pages"])
        assert caught.value.code == 2
        assert "no fault is called 'blank-pages'; the nearest is 'blank-page'" in capsys.readouterr().err

    @pytest.mark.parametrize("port", ["-1", "65536", "http", "²"])
    def test_a_wrong_port_is_a_message(self, port: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            main([f"--port={port}"])
        assert caught.value.code == 2
        assert "expected a number from 0 to 65535" in capsys.readouterr().err

    def test_help_lists_the_faults(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            main(["--help"])
        shown = capsys.readouterr().out
        assert all(fault.value in shown and fault.description in shown for fault in Fault)

    @pytest.mark.parametrize("ask", [signal.SIGINT, signal.SIGTERM])
    def test_serves_until_it_is_asked_to_stop(self, ask: signal.Signals) -> None:
        command = [sys.executable, "-m", server.__name__, "--fault", "api-500"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout
            line = process.stdout.readline()
            address = line.split(" at ")[1].split(" ")[0]
            assert requests.get(f"{address}/__faults", timeout=5).json() == ["api-500"]
            os.kill(process.pid, ask)
            _, complaints = process.communicate(timeout=10)
        assert (process.returncode, complaints) == (0, "")

    def test_a_taken_port_is_a_message(self, shop: RunningShop) -> None:
        command = [sys.executable, "-m", server.__name__, "--port", str(port_of(shop))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        assert done.returncode == 1
        assert done.stderr == f"cannot serve on 127.0.0.1:{port_of(shop)}: Address already in use\n"
