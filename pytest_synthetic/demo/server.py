"""Serve the shop to this machine: `serve()` for programs, `python -m pytest_synthetic.demo.server` for people."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import Any

from pytest_synthetic.demo.faults import Fault, FaultSwitch, UnknownFaultError, parse_faults
from pytest_synthetic.demo.serving import LOOPBACK, Served
from pytest_synthetic.demo.shop import create_app
from pytest_synthetic.demo.state import EXTENSION

# At a busy moment waitress warns that requests wait for a thread: nothing that a visitor of a demo can act on.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

THREADS = 16
"""Requests served at once: a slow payment holds one while it lasts, and a browser opens six connections."""


class RunningShop(Served):
    """A shop that serves at `base_url` (no slash at the end) until `close()`; also a context manager."""

    faults: FaultSwitch

    def __init__(self, *, port: int, **knobs: Any) -> None:
        """Bind and start to serve; see `serve`."""
        super().__init__()
        # Payments sleep on the event, so that closing does not wait for a slow one.
        app = create_app(sleep=self.closing.wait, **knobs)
        self.faults = app.extensions[EXTENSION].faults
        self.serve_app(app, port=port, name="kettle-shop", threads=THREADS)


def serve(*, faults: Iterable[Fault] = frozenset(), port: int = 0, **knobs: Any) -> RunningShop:
    """Start a shop on the loopback interface; port 0 takes a free one. `knobs` are those of `create_app`.

    Raises OSError if the port cannot be had.
    """
    return RunningShop(faults=faults, port=port, **knobs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve in the foreground until Ctrl-C or SIGTERM, then return 0; 1 if the port cannot be had."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        faults = parse_faults(options.fault)
    except UnknownFaultError as error:
        parser.error(f"--fault: {error}")
    stop = _stop_on_signals()
    try:
        shop = serve(faults=faults, port=options.port)
    except OSError as error:
        sys.stderr.write(f"cannot serve on {LOOPBACK}:{options.port}: {os.strerror(error.errno or 0)}\n")
        return 1
    with shop:
        sys.stdout.write(f"The Kettle Shop is open at {shop.base_url} (Ctrl-C closes it)\n")
        sys.stdout.flush()
        stop.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pytest_synthetic.demo.server",
        description="Serve the Kettle Shop, a shop to watch, to this machine.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="faults:\n" + "\n".join(f"  {fault.value:16} {fault.description}" for fault in Fault),
    )
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="the port to take (default: a free one)")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="a fault to start with; repeatable"
    )
    return parser


def _port(text: str) -> int:
    highest = 65535
    if text.isdecimal() and int(text) <= highest:
        return int(text)
    msg = f"expected a number from 0 to {highest}, got {text!r}"
    raise argparse.ArgumentTypeError(msg)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, ask_to_stop)
    signal.signal(signal.SIGTERM, ask_to_stop)
    return stop


if __name__ == "__main__":
    sys.exit(main())
