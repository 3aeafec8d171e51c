"""YAML documents, read without running anything in them, that know the line of each of their values."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_synthetic.config.files import text_of
from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Keys = tuple[str | int, ...]
"""The way to a value: keys of mappings, and positions in lists from 0."""

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring = 2, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document, and PyYAML's node of it, which knows the lines."""

    path: Path
    node: Any
    value: Any

    def at(self, *keys: str | int) -> Any:
        """The value under `keys`, None when there is none."""
        value = self.value
        for key in keys:
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int):
                value = value[key] if key < len(value) else None
            else:
                return None
        return value

    def place(self, keys: Keys) -> str:
        """`file:line` of the last of `keys` that is there."""
        node, line = self.node, self.node.start_mark.line
        for key in keys:
            found = _inner(node, key)
            if found is None:
                break
            line, node = found
        return f"{self.path}:{line + 1}"

    def complaint(self, keys: Keys, problem: str) -> ConfigError:
        """A ConfigError that begins with the place: `slo.yaml:12: spec.budgetingMethod: ...`."""
        return ConfigError(f"{self.place(keys)}: {'.'.join(map(str, keys))}: {problem}")


def documents(path: Path) -> Iterator[Document]:
    """Every document of the file; one that is a list stands for the documents in it. Raises ConfigError."""
    for node, value in _parsed(path):
        if isinstance(value, list):
            pairs = zip(node.value, value, strict=True)
            yield from (Document(path=path, node=item, value=inner) for item, inner in pairs)
        elif value is not None:
            yield Document(path=path, node=node, value=value)


def _parsed(path: Path) -> list[tuple[Any, Any]]:
    import yaml

    text = text_of(path)
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
        _check_keys(path, nodes)
        return [(node, yaml.constructor.SafeConstructor().construct_document(node)) for node in nodes if node]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"{path}:{mark.line + 1 if mark else '?'}: not valid YAML: {error.problem}") from None
    except RecursionError:
        raise ConfigError(f"{path}: not valid YAML: it is nested too deeply") from None
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
        # PyYAML lets a value that does not fit its tag, `!!bool maybe` or 31 February, fail in its own ways.
        told = str(error).splitlines()
        raise ConfigError(f"{path}: not valid YAML: {told[0] if told else type(error).__name__}") from None


def _check_keys(path: Path, nodes: Iterable[Any]) -> None:
    """Refuse a key that is given twice in one place: PyYAML would take the last one in silence."""
    waiting, seen = list(nodes), set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(getattr(node, "value", None), list):
            continue
        seen.add(id(node))
        pairs = [item for item in node.value if isinstance(item, tuple)]
        first: dict[str, Any] = {}
        for key, _ in pairs:
            if isinstance(key.value, str) and key.value != "<<" and first.setdefault(key.value, key) is not key:
                given = first[key.value].start_mark.line + 1
                raise ConfigError(f"{path}:{key.start_mark.line + 1}: {key.value}: given already in line {given}")
        waiting += [value for _, value in pairs] or node.value


def shown(value: object) -> str:
    """A value as a message shows it, cut where it is long: ten lines of YAML can stand for a million values."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number that is too long to show"


def _inner(node: Any, key: str | int) -> tuple[int, Any] | None:
    """The line of a key in a mapping, or of an item of a list, and the node of its value."""
    for position, item in enumerate(node.value if isinstance(node.value, list) else []):
        if isinstance(item, tuple) and item[0].value == key:
            return item[0].start_mark.line, item[1]
        if not isinstance(item, tuple) and position == key:
            return item.start_mark.line, item
    return None
