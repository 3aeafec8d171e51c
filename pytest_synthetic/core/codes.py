"""One-time codes and links out of a message, in any language.

The order is: what the user's pattern says, what an origin-bound line says, and only then a reading of the text.
A number is a code because of the words around it, how near they are and how it is written; two numbers that are
equally likely are never guessed between.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_synthetic.core.code_numbers import candidates
from pytest_synthetic.core.code_reading import Reading, likely
from pytest_synthetic.core.code_text import fold, read_html
from pytest_synthetic.errors import SyntheticError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


class AmbiguousCode(SyntheticError):
    """A message holds several numbers that may be its code; `candidates` has them in order of appearance."""

    def __init__(self, candidates: tuple[str, ...]) -> None:
        self.candidates = candidates
        super().__init__(
            f"{len(candidates)} numbers of the message may be its code ({', '.join(candidates)}): "
            'say which by a pattern, such as code=r"code: (\\d{6})"'
        )


def find_code(
    text: str, *, html: str | None = None, host: str | None = None, pattern: str | re.Pattern[str] | None = None
) -> str | None:
    """The one-time code of a message as a person types it (`123456` for `123 456`, `123-456`, `G-123456`), or None.

    `html` is read when `text` says nothing. `host` is the site under test (a name, or an address): a code that its
    message binds to another host (`@other.example #123456` in the last line) is not returned, nor is any other number
    of that message. `pattern` is a regular expression for the code alone or with the code as its first group; it is
    tried on the text with plain ASCII digits, then on the codes written with spaces or dashes, and nothing else is.
    A match that would cut a longer row of digits in two does not count.
    Raises AmbiguousCode when several numbers are equally likely; UsageError for a pattern that is none.
    """
    wanted = _compiled(pattern)
    for source in _sources(text, html):
        found = _by_pattern(source, wanted) if wanted else _by_itself(source, host)
        if found or (not wanted and _bound(source)):
            return found
    return None


def find_links(text: str, *, html: str | None = None, host: str | None = None) -> list[str]:
    """The http(s) addresses of a message in order, each once; those of `host` and its subdomains when it is given.

    They are what `text` shows and what the visible links of `html` lead to. An address without a scheme but with a
    path (`shop.example/v/81`) gets `https://`, as phones do. Raises nothing.
    """
    shown = (_trimmed(found[0]) for found in _LINK.finditer(text))
    targets = [target.strip() for target in read_html(html).links] if html else []
    links = [*shown, *(target for target in targets if target.lower().startswith(("http://", "https://")))]
    whole = (link if "://" in link else f"https://{link}" for link in links)
    return [link for link in dict.fromkeys(whole) if host is None or _within(_hostname(link), _hostname(host))]


def _sources(text: str, html: str | None) -> Iterator[str]:
    if text.strip():
        yield fold(text)
    if html:
        yield fold(read_html(html).text)


# --- what the user says ---------------------------------------------------------------------------------------------


def _compiled(pattern: str | re.Pattern[str] | None) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern) if pattern is not None else None
    except (re.error, TypeError, OverflowError) as error:
        raise UsageError(f"code={pattern!r} is not a regular expression: {error}") from None


def _by_pattern(text: str, pattern: re.Pattern[str]) -> str | None:
    found = [_first_group(match) for match in pattern.finditer(text) if not _cuts(text, match)]
    values = tuple(dict.fromkeys(value for value in found if value))
    values = values or tuple(dict.fromkeys(c.value for c in candidates(text) if pattern.fullmatch(c.value)))
    if len(values) > 1:
        raise AmbiguousCode(values)
    return values[0] if values else None


def _first_group(match: re.Match[str]) -> str:
    return (match[1] or "") if match.re.groups else match[0]


def _cuts(text: str, match: re.Match[str]) -> bool:
    start, end = match.span(1) if match.re.groups and match[1] is not None else match.span()
    if start == end:
        return True
    left, right = text[max(0, start - 1) : start + 1], text[end - 1 : end + 1]
    return (len(left) == 2 and left.isdigit()) or (len(right) == 2 and right.isdigit())


# --- what the sender says -------------------------------------------------------------------------------------------

_BOUND = re.compile(
    r"@([a-z0-9][a-z0-9.-]{0,252})(?::[0-9]+)? #(\S{1,40})(?: [@%]([a-z0-9.-]{1,253}))?(?: .*)?", re.IGNORECASE
)
_HASH = re.compile(r"(?:^|(?<=\s))[A-Za-z0-9+/]{11}\s*\Z")
_EMPHASIS = re.compile(r"(?<![\w*])([*_`]{1,2})([A-Za-z0-9][A-Za-z0-9 -]{2,12})\1(?![\w*])")
_HASHED = re.compile(r"\s*[<\[]#[>\]]")


def _bound(text: str) -> re.Match[str] | None:
    """The last line, if it binds a code to a host (WICG sms-one-time-codes); a retriever's hash may follow it."""
    lines = [line for line in text[-1000:].splitlines() if line.strip()][-2:]
    if len(lines) == 2 and _HASH.fullmatch(lines[1]):
        lines.pop()
    found = _BOUND.fullmatch(lines[-1].strip()) if lines else None
    return found if found and any(char.isdigit() for char in found[2]) and _hostlike(found[1]) else None


def _hostlike(name: str) -> bool:
    return "." in name.strip(".") or name.lower() == "localhost"


def _by_itself(text: str, host: str | None) -> str | None:
    if bound := _bound(text):
        hosts = [name for name in (bound[1], bound[3]) if name]
        if host is not None and not any(_within(_hostname(host), _hostname(name)) for name in hosts):
            return None
        code = re.sub(r"^[A-Za-z]{1,4}-(?=\d)", "", bound[2])
        return code.replace("-", "") if code.replace("-", "").isdigit() else code
    retrieved = _HASHED.match(text)
    hashed = _HASH.search(text, max(0, len(text) - 40))
    body = text[retrieved.end() if retrieved else 0 : hashed.start() if hashed else len(text)]
    own_line = hashed and hashed.start() and text[hashed.start() - 1] == "\n" and re.search("[0-9+/]", hashed[0])
    body = _EMPHASIS.sub(lambda found: f" {found[2]} ", body)
    values = likely(Reading(text=body, retrieved=bool(retrieved or own_line)))
    if len(values) > 1:
        raise AmbiguousCode(values)
    return values[0] if values else None


def _hostname(address: str) -> str:
    """The bare host of a name or an address, without port, user and `www.`."""
    rest = address.strip().lower().partition("://")[2] or address.strip().lower()
    name = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    name = name[: name.find("]") + 1] if name.startswith("[") else name.partition(":")[0]
    return name.strip(".").removeprefix("www.")


def _within(name: str, parent: str) -> bool:
    return bool(parent) and (name == parent or name.endswith(f".{parent}"))


_ENDS = r"\s<>\"'\u00ab\u00bb\u200b\u3000-\u9fff\uac00-\ud7af\uff00-\uffef"
_LINK = re.compile(
    rf"https?://[^{_ENDS}]+|(?<![\w.@/:-])(?>(?:[a-z0-9-]{{1,63}}\.)+)[a-z]{{2,24}}/[^{_ENDS}]*", re.IGNORECASE
)
_OPENING = {")": "(", "]": "[", "}": "{"}


def _trimmed(link: str) -> str:
    """A link without the sentence's punctuation after it."""
    link = link.rstrip(".,;:!?*")
    last = link[-1:]
    unopened = last in _OPENING and link.count(last) > link.count(_OPENING[last])
    return link[:-1].rstrip(".,;:!?*") if unopened else link
