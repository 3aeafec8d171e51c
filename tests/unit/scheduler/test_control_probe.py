"""What is said of a control target that could not be asked."""

from __future__ import annotations

import errno

import pytest
import requests

from pytest_synthetic.model.region import Region
from pytest_synthetic.model.verdict import Fault
from pytest_synthetic.scheduler import control_probe


def failed(number: int) -> Exception:
    try:
        try:
            raise OSError(number, "no")
        except OSError as cause:
            raise requests.ConnectionError(cause) from cause
    except requests.ConnectionError as error:
        return error


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_a_process_without_files_knows_nothing(number: int) -> None:
    fault, told = control_probe._why(failed(number))
    assert fault is None
    assert told.startswith("cannot be asked: ")


def test_a_network_that_is_down_is_silence() -> None:
    assert control_probe._why(failed(errno.ENETUNREACH)) == (Fault.NETWORK, "the network is unreachable from here")


def test_what_nobody_knows_is_no_silence() -> None:
    assert control_probe._why(RuntimeError("a defect")) == (None, "cannot be asked: RuntimeError")


def test_an_address_that_cannot_be_asked_is_no_silence() -> None:
    probe = control_probe.ask(("http://exa mple/",), Region(name="local", here=True), 1.0)
    assert not probe.silent
