"""The elements of a JUnit XML file, as they come. Nothing is fetched, no entity is expanded.

The standard library's expat, told to refuse a document type: without one there are no entities but the five of XML.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.history.foreign import TEXT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

CHUNK = 256 * 1024
LARGEST_PART = 8 * 1024 * 1024
"""Bytes of a tag: expat begins a tag again with each chunk, so one without end would keep it busy for hours."""

OUTCOMES = frozenset({"failure", "error", "skipped", "flakyFailure", "flakyError", "rerunFailure", "rerunError"})
DEEPEST = 100
"""Suites within suites."""

_SUITES = frozenset({"testsuites", "testsuite"})
_OUTPUT = frozenset({"system-out", "system-err"})


class Refused(Exception):
    """The file cannot be read on. `line` is where, None when that says nothing."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a test case ended with: the name of the element, its attributes and its text."""

    kind: str
    attributes: dict[str, str]
    text: str = ""


@dataclass(slots=True, kw_only=True)
class Suite:
    """A suite, or the element around all of them."""

    attributes: dict[str, str]
    parent: Suite | None
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Case:
    """A test case, at `line` of the file."""

    line: int
    attributes: dict[str, str]
    suite: Suite | None
    properties: dict[str, str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)


def cases(file: IO[bytes]) -> Iterator[Case]:
    """The test cases of a file, each when it ends. Raises Refused after those that came before the damage."""
    reader = _Reader()
    while True:
        data = file.read(CHUNK)
        reader.feed(data)
        yield from reader.taken()
        if reader.stopped:
            raise reader.stopped
        if not data:
            return


class _Reader:
    def __init__(self) -> None:
        self.stopped: Refused | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._suites: list[Suite] = []
        self._cases: list[Case] = []
        self._done: list[Case] = []
        self._outcome: Outcome | None = None
        self._silent = 0
        self._fed = 0
        self._any = False

    def feed(self, data: bytes) -> None:
        """Read on; no data is the end. What stops the reading is kept in `stopped`."""
        self._fed += len(data)
        try:
            self._parser.Parse(data, not data)
            if self._fed - self._parser.CurrentByteIndex > LARGEST_PART:
                raise Refused("a tag or a comment of more than 8 MB", self._parser.CurrentLineNumber)  # noqa: TRY301
        except Refused as error:
            self.stopped = error
        except expat.ExpatError as error:
            self.stopped = Refused(self._broken(error), error.lineno)
        except (ValueError, LookupError) as error:  # an encoding that Python does not know
            self.stopped = Refused(f"cannot be read: {one_line(str(error), 200)}")

    def taken(self) -> list[Case]:
        """The cases that have ended since the last call."""
        done, self._done = self._done, []
        return done

    def _broken(self, error: expat.ExpatError) -> str:
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
            return "the file is cut off here" if self._any else "holds no XML"
        return f"broken XML: {expat.ErrorString(error.code)} at column {error.offset + 1}"

    def _refuse(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise Refused("declares a document type: refused, as entities can be used to attack what reads them", line)

    # -- elements ----------------------------------------------------------------------------------------------------

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if not self._any and tag not in _SUITES:
            raise Refused(f"no JUnit XML: it begins with <{one_line(tag, 40)}>, expected <testsuites> or <testsuite>")
        self._any = True
        suite = self._suites[-1] if self._suites else None
        if len(self._suites) + len(self._cases) >= DEEPEST:
            raise Refused(f"suites lie more than {DEEPEST} deep in each other", self._parser.CurrentLineNumber)
        if tag in _SUITES:
            self._suites.append(Suite(attributes=attributes, parent=suite))
        elif tag == "testcase":
            line = self._parser.CurrentLineNumber
            self._cases.append(Case(line=line, attributes=attributes, suite=suite))
        elif tag == "property":
            self._property(attributes)
        elif tag in _OUTPUT:
            self._silent += 1
        elif tag in OUTCOMES and self._cases and not self._outcome:
            self._outcome = Outcome(kind=tag, attributes=attributes)
            self._cases[-1].outcomes.append(self._outcome)

    def _property(self, attributes: dict[str, str]) -> None:
        owner = self._cases[-1] if self._cases else self._suites[-1] if self._suites else None
        if owner and (name := attributes.get("name")) and (value := attributes.get("value")):
            owner.properties[name] = value

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag in _SUITES:
            self._suites.pop()
        elif tag == "testcase":
            self._done.append(self._cases.pop())
        elif tag in _OUTPUT:
            self._silent -= 1
        elif self._outcome and tag == self._outcome.kind:
            self._outcome = None

    def _text(self, data: str) -> None:
        if self._outcome and not self._silent and len(self._outcome.text) < TEXT_LIMIT:
            self._outcome.text += data[:TEXT_LIMIT]
