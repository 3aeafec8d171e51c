"""What a worker of xdist alone knows to be secret: the controlling process is told without it."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("xdist")

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

SECRET = "kiwi-4711-Quartz"
PRINTS = [sys.executable, "-c", "print('-'.join(['kiwi', '4711', 'Quartz']))"]
TOML = f"[secrets]\nCMD = {{ command = {json.dumps(PRINTS)} }}\n"
SHOWN = "[redacted:CMD]"
SUITE = """
import gc, pathlib, threading, warnings
pytestmark = pytest.mark.filterwarnings("default")

@pytest.mark.journey("J")
def test_warns(secrets):
    warnings.warn("warned " + secrets["CMD"])
    warnings.warn(UserWarning("odd", [str(secrets["CMD"])]))
    warnings.warn("about", ResourceWarning, source=str(secrets["CMD"]))

def test_thread(secrets):
    def target(): raise RuntimeError("raised " + secrets["CMD"])
    thread = threading.Thread(target=target, name="thread " + secrets["CMD"])
    thread.start(); thread.join()

class Lost:
    def __init__(self, word): self.word = word
    def __del__(self): raise RuntimeError("lost " + self.word)

def test_lost(secrets):
    Lost(secrets["CMD"]); gc.collect()

def test_file(secrets):
    pathlib.Path("out").mkdir(exist_ok=True)
    pathlib.Path("out/own.txt").write_text("written " + secrets["CMD"])
"""
SUBTEST = """
def test_parts(secrets, subtests):
    with subtests.test("message " + secrets["CMD"], i=str(secrets["CMD"])):
        assert secrets["CMD"] == "x"
"""
HAS_SUBTESTS = importlib.util.find_spec("_pytest.subtests") is not None  # since pytest 9.0


@pytest.mark.parametrize("workers", ["-n0", "-n1", "-n2"])
def test_what_a_worker_alone_knows_is_not_printed(
    synthetic: Callable[..., Ran], pytester: pytest.Pytester, workers: str
) -> None:
    ran = synthetic(SUITE + SUBTEST * HAS_SUBTESTS, workers, "-v", "--alluredir=out", "-p", "allure_pytest", toml=TOML)
    out = ran.out + str(ran.result.stderr)

    assert SECRET not in out
    assert SECRET not in "".join(path.read_text("utf-8", "replace") for path in (pytester.path / "out").iterdir())
    for told in (f"UserWarning: warned {SHOWN}", f"('odd', ['{SHOWN}'])", f"raised {SHOWN}", f"in thread thread {SHOWN}",
                 f"lost {SHOWN}"):  # fmt: skip
        assert told in out
    assert (f"SUBFAILED[message {SHOWN}]" in out) == HAS_SUBTESTS
