"""Letters as text that a service takes for text: nothing in it calls people, marks up or hides where a link leads.

What comes from the product may be written by anybody. apprise escapes what Slack and Telegram take for marks. It lets
mentions through, the Markdown of services that it takes for plain text, and the titles of Teams; and where a service
takes Markdown alone, it escapes the addresses of links as well.
"""

from __future__ import annotations

import re

from pytest_synthetic.core.plaintext import one_line, plain

MARKED = frozenset({"discord", "fluxer", "fluxers", "guilded", "mmost", "mmosts", "revolt", "zulip"})
"""Services that render Markdown in what apprise hands on as it is."""
MARKED_TITLES = MARKED - {"zulip"} | {"msteams", "workflow", "workflows"}
"""Services that do so in titles; Zulip's are topics."""
_MARKS = re.compile(r"([\\`*_~|\[\]()<>#])")
_LINK = re.compile(r"(https?://[^\s<>()\[\]|\\`]+)")
_AT = re.compile(r"@(?=\S)")
_LONGEST = 100_000
"""Characters of a letter that are looked at: no service takes more."""
_PAUSE = "@\N{ZERO WIDTH SPACE}"


def text_of(markdown: str) -> str:
    """The plain text of a letter's Markdown: no marks, and each link with its address in the open."""
    told = plain(markdown[:_LONGEST])
    told = re.sub(r"(?<!\\)\[([^\[\]\n]{0,300})\]\(<?([^\s\[()>]{1,2000})>?\)", _link, told)
    told = re.sub(r"(?m)^#{1,6} +", "", told)
    told = re.sub(r"(?<!\\)(\*\*|`)(?=\S)(.{1,300}?)(?<=[^\s\\])\1", r"\2", told)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", told)


def _link(found: re.Match[str]) -> str:
    return found[2] if found[1] == found[2] else f"{found[1]}: {found[2]}"


def body(text: str, scheme: str, *, markdown: bool = False) -> str:
    """A text as the body of what is sent to people by a service; as Markdown where it takes nothing else."""
    if markdown:
        text = _escaped(text, r"[{shown}]({address})")
    elif scheme in MARKED:
        text = _escaped(text, "{address}")
    return _without_mentions(text)


def title(text: str, scheme: str, *, markdown: bool = False) -> str:
    """A line as its title; `markdown` when it is put above the body as such."""
    line = one_line(text)
    return _without_mentions(_escaped(line, "{address}") if markdown or scheme in MARKED_TITLES else line)


def cut(text: str, most: int) -> str:
    """`text` with at most so many characters; that some are missing is seen."""
    return text if len(text) <= most else text[: max(0, most - 1)].rstrip("\\ \n") + "…"


def _without_mentions(text: str) -> str:
    """`@everyone` looks as it did, and is nobody's name any more."""
    return _AT.sub(_PAUSE, text)


def _escaped(text: str, link: str) -> str:
    """Markdown that shows `text` as it is; in `link` addresses keep their form, for they would lead elsewhere."""
    parts = [
        link.format(address=part, shown=_MARKS.sub(r"\\\1", part)) if number % 2 else _MARKS.sub(r"\\\1", part)
        for number, part in enumerate(_LINK.split(text))
    ]
    return "".join(parts)
