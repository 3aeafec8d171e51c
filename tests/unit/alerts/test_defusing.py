"""Text of the product stays text at every service."""

from __future__ import annotations

import pytest

from pytest_synthetic.alerts import defusing


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**Checkout** fails", "Checkout fails"),
        ("## Where\n- eu-west", "Where\n- eu-west"),
        ("[run](https://r.example/1_2_3)", "run: https://r.example/1_2_3"),
        ("[run](<https://r.example/a>)", "run: https://r.example/a"),
        ("[https://r.example](https://r.example)", "https://r.example"),
        ("a \\*b\\* \\[c\\](http://x.example) \\\\", "a *b* [c](http://x.example) \\"),
        ("`code` and 2 * 3 * 4", "code and 2 * 3 * 4"),
        ("\x1b[31mred\x00", "red\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_the_text_of_markdown(markdown: str, text: str) -> None:
    assert defusing.text_of(markdown) == text


def test_nobody_is_called() -> None:
    for scheme in ("slack", "discord", "tgram", "mmost", "anything"):
        for shown in (defusing.body("hi @everyone @here a@b", scheme), defusing.title("@channel", scheme)):
            assert "@e" not in shown
            assert "@h" not in shown
            assert "@c" not in shown
            assert "@b" not in shown


def test_marks_are_shown_and_links_lead_where_they_did() -> None:
    text = "*b* _u_ ~~s~~ [c](x) `q` > # ||s|| https://r.example/a_b*c?d=1"
    shown = defusing.body(text, "discord")
    assert shown == (
        "\\*b\\* \\_u\\_ \\~\\~s\\~\\~ \\[c\\]\\(x\\) \\`q\\` \\> \\# \\|\\|s\\|\\| https://r.example/a_b*c?d=1"
    )
    assert defusing.body(text, "slack") == text
    assert defusing.body("a_b https://r.example/a_b.", "webex", markdown=True) == (
        "a\\_b [https://r.example/a\\_b.](https://r.example/a_b.)"
    )


def test_titles_of_teams_are_text() -> None:
    assert defusing.title("[c](x)\r\nhi", "workflow") == "\\[c\\]\\(x\\) hi"
    assert defusing.title("[c](x)", "opsgenie") == defusing.title("[c](x)", "zulip") == "[c](x)"
    assert defusing.title("[c](x)", "webex", markdown=True) == "\\[c\\]\\(x\\)"


def test_a_cut_is_seen_and_leaves_no_half_escape() -> None:
    assert defusing.cut("abc", 3) == "abc"
    assert defusing.cut("abc\\*de", 5) == "abc…"
    assert defusing.cut("abc", 0) == "…"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["[", "**a ", "`a ", "[a](", "\\", "@", "https://", "<"])
def test_a_million_marks_take_no_time(piece: str) -> None:
    text = defusing.text_of(piece * 1_000_000)
    assert len(defusing.body(text, "discord")) <= 4 * 100_000
