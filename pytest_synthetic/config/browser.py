"""Reads [browser]: what the pages may say of themselves before a run has failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_synthetic.config.settings import BrowserSettings, PageSign
from pytest_synthetic.config.tables import switch, text
from pytest_synthetic.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pytest_synthetic.config.tables import Source

REGEX = "regex:"
"""What a forbidden text begins with that is a regular expression."""


def browser(source: Source, value: object, keys: tuple[str, ...]) -> BrowserSettings:
    """Read the table. Raises ConfigError."""
    readers = {"fail_on": _signs, "third_party": switch, "ignore": _patterns, "forbidden_text": _forbidden}
    return BrowserSettings(**source.read(value, keys, readers))


def _signs(value: object) -> tuple[PageSign, ...]:
    for name in _texts(value):
        if name not in list(PageSign):
            raise UsageError(f"{name!r} is nothing that a page says of itself. {did_you_mean(name, PageSign)}")
    return tuple(PageSign(name) for name in dict.fromkeys(_texts(value)))


def _patterns(value: object) -> tuple[re.Pattern[str], ...]:
    return tuple(_pattern(item) for item in _texts(value))


def _forbidden(value: object) -> tuple[re.Pattern[str], ...]:
    return tuple(
        _pattern(item.removeprefix(REGEX)) if item.startswith(REGEX) else _as_written(item) for item in _texts(value)
    )


def _as_written(words: str) -> re.Pattern[str]:
    """Spaces and capitals do not count: a page's style may change both."""
    return re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)


def _pattern(expression: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise UsageError(f"{expression!r} is no regular expression: {error}") from None
    if pattern.search(""):
        raise UsageError(f"{expression!r} fits every text, also an empty one")
    return pattern


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise UsageError(f'expected a list of texts such as ["..."], got {value!r}')
    return [text(item) for item in value]
