r"""Text that is not ours, made inert: read by people, and by no service as a command, a mention or a format.

A message goes to services of many kinds, and none of them is asked how it reads text: Slack pings for `<!here>`,
Discord for `@everyone`, Telegram refuses a message with one `_` too many, mail is HTML. What is escaped for one shows
its escapes in another. apprise converts between formats, and did so differently in 1.9 (plain text reaches Slack,
Teams and Rocket.Chat as Markdown, unescaped) and 2.2 (Teams gets backslashes, also in addresses). So nothing
is escaped. The characters that mean something to one of them are replaced by look-alikes that mean nothing to any:
`<b>` becomes `‹b›`, `@here` `＠here`. People read the same. Who needs the exact characters finds them in the run's
record and report.

The body itself is plain text, a fact a line, without Markdown: it reads the same where Markdown is shown and where it
is not.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_synthetic.core.plaintext import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

_ALIKE = str.maketrans(
    {
        "<": "‹",
        ">": "›",
        "&": "＆",
        "@": "＠",
        "#": "＃",
        "*": "∗",
        "`": "‵",
        "~": "∼",
        "|": "∣",
        "[": "［",
        "]": "］",
        "\\": "∖",
    }
)
_AT_AN_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""Underscores that could begin or end an emphasis: not those inside a name such as `card_number`."""
_ADDRESS = re.compile(r":(?=//|(?!\d\d:)[\w+-]+:)")
"""The colon of an address, and the first of an emoji's name: `https://`, `:tada:`; not those of `03:02:11`."""
_SITE = re.compile(r"\b(www)\.", re.IGNORECASE)
_AT_THE_START = {"-": "‐", "+": "＋", "=": "＝"}
_JOINERS = "\u200c\u200d"
"""Parts of words in Persian and Hindi, and of emojis: the only characters without a shape that are kept."""

_PLAIN = {
    "‹": "(",
    "›": ")",
    "＆": "+",
    "＠": "(at)",
    "＃": "",
    "∗": "",
    "‵": "'",
    "∼": "-",
    "∣": "/",
    "［": "(",
    "］": ")",
    "[": "(",
    "]": ")",
    "∖": "/",
    "＿": "-",
    "∶": " ",
    "․": " ",
    "‐": "-",
    "＋": "+",
    "＝": "=",
    "…": "...",
    "–": "-",
    "—": "-",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "\u00a0": " ",
    "\u202f": " ",
    "\u200c": "",
    "\u200d": "",
}
_GSM = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic characters of an SMS, seven bits each (3GPP TS 23.038, 6.2.1)."""
_KEPT_IN_ADDRESSES = "/:?=&%+,;$!'()-._~"


def inert(text: str) -> str:
    """One line with look-alikes for every character that some service reads as more than text.

    Mentions, links, emphasis, code, headings, channels, emoji names and HTML are all read as they are written.
    Characters without a shape go; underscores inside a name stay.
    """
    if text.isalnum() and text.isascii():
        return text
    line = one_line("".join(sign for sign in text if sign in _JOINERS or unicodedata.category(sign) != "Cf"))
    line = _ADDRESS.sub("∶", _SITE.sub(r"\1․", line))
    line = _AT_AN_EDGE.sub("＿", line).translate(_ALIKE)
    return _AT_THE_START.get(line[:1], line[:1]) + line[1:]


def shown(text: str, width: int, redact: Callable[[str], str]) -> str:
    """Text that is not ours as a message shows it: redacted while it is whole, then one line, cut, and inert."""
    return inert(one_line(redact(text), width))


def address(text: str, redact: Callable[[str], str]) -> str | None:
    """An address of ours that people may follow; None when it is none that a browser opens.

    What no address needs is encoded, so that it ends where it ends and formats nothing.
    """
    told = redact(text).strip()
    if not re.match(r"https?://[^\s/]", told):
        return None
    scheme, rest = told.split("://", 1)
    return f"{scheme}://{quote(rest, safe=_KEPT_IN_ADDRESSES, errors='replace')}"


def in_sms(text: str) -> str:
    """Inert text in the characters of an SMS, as far as it can be written with them: `Zoë` becomes `Zoe`.

    A single other character makes an SMS hold 70 characters instead of 160. It stays inert: look-alikes become signs
    that mean as little.
    """
    told = "".join(sign if sign in _GSM else _near(sign) for sign in text)
    return _AT_AN_EDGE.sub("-", _ADDRESS.sub(" ", told))


def _near(sign: str) -> str:
    if sign in _PLAIN:
        return _PLAIN[sign]
    bare = "".join(part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))
    return bare if bare.isalnum() and _GSM.issuperset(bare) else sign
