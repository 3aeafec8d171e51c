"""What tells the runs of one journey in one region apart: the device, and the parameters as pytest names them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.region import DESKTOP, LOCAL

if TYPE_CHECKING:
    from pytest_synthetic.model.run import RunResult

LONGEST = 80
"""Characters; of more, the beginning is kept with a checksum of all."""
USUAL_BROWSER = "chromium"
_BRACKETS = re.compile(r"\[(.*)\](?:@[^\[\]]*)?\Z", re.DOTALL)  # pytest-xdist puts the name of a group behind
_BROWSER = re.compile(r"\b(?:chromium|firefox|webkit)\b")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")


def variant(device: str | None, parameters: str) -> str:
    """Both in one text: `amex`, `iPhone 15 · amex`, `iPhone 15`. A desktop is told only where nothing else is."""
    return " · ".join(told for told in (device if device != DESKTOP or not parameters else None, parameters) if told)


def parameters_of(run: RunResult) -> str:
    """`visa`, `visa-3`: the parameters of a run as pytest's id of the test has them, without its region and device.

    Empty for a run without parameters, and where they are not known. A browser other than Chromium is one of them. An
    object is told by its place in the list, or by the id that it was given: its address would be another in each run.
    """
    found = _BRACKETS.search(run.nodeid)
    given, told = found[1] if found else "", "-".join(run.parameters.values())
    own = {name for name in (run.region, run.device, *_BROWSER.findall(given)) if name and name != LOCAL}
    rest = _beside(told, given, own)
    if rest is None:
        told = _without(given, own)
    elif (browser := _BROWSER.search(rest)) and browser[0] != USUAL_BROWSER:
        told = "-".join(filter(None, (told, browser[0])))
    return _bounded(one_line(_ADDRESS.sub("0x…", told)))


def _beside(told: str, given: str, own: set[str]) -> str | None:
    """What an id tells beside the values themselves: None when it does not tell these values, and no more than ours."""
    if not given or not told:
        return given
    before, found, after = f"-{given}-".partition(f"-{_escaped(told)}-")
    rest = f"{before}-{after}"
    unknown = rest
    for name in sorted(own, key=len, reverse=True):
        unknown = unknown.replace(_escaped(name), "")
    return rest if found and not unknown.strip("-") else None


def _without(given: str, own: set[str]) -> str:
    """An id without the parts that are ours, which are the last ones; but never nothing."""
    for name in sorted(own - {"firefox", "webkit"}, key=len, reverse=True):
        before, found, after = f"-{given}-".rpartition(f"-{_escaped(name)}-")
        given = (f"{before}-{after}".strip("-") if found else "") or given
    return given


def _escaped(text: str) -> str:
    """As pytest writes it into an id."""
    return text.encode("unicode_escape").decode("ascii")


def _bounded(told: str) -> str:
    if len(told) <= LONGEST:
        return told
    return f"{told[: LONGEST - 9]}…{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:8]}"
