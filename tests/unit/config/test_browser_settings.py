"""The table [browser]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.config import files
from pytest_synthetic.config.settings import BrowserSettings, PageSign
from pytest_synthetic.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, table: str) -> BrowserSettings:
    path = folder / "synthetic.toml"
    path.write_text(f"[browser]\n{table}\n", encoding="utf-8")
    return files.load(path, {}).browser


def test_nothing_is_asked_by_default(tmp_path: Path) -> None:
    assert read(tmp_path, "") == BrowserSettings(fail_on=(), third_party=False, ignore=(), forbidden_text=())


def test_what_a_page_may_say(tmp_path: Path) -> None:
    found = read(tmp_path, 'fail_on = ["http-5xx", "page-error", "http-5xx"]\nthird_party = true\nignore = ["a.c"]')
    assert found.fail_on == (PageSign.HTTP_5XX, PageSign.PAGE_ERROR)
    assert found.third_party
    assert [pattern.pattern for pattern in found.ignore] == ["a.c"]


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        ("Oops!", "OOPS!", True),
        ("went  wrong", "went\n wrong", True),
        ("a.c", "abc", False),
        ("regex:a.c", "abc", True),
        ("regex:a.c", "ABC", False),
        ("regex:(?i)a.c", "ABC", True),
        ("Regex:a", "regex:a", True),
    ],
)
def test_forbidden_texts(tmp_path: Path, written: str, text: str, found: bool) -> None:
    (pattern,) = read(tmp_path, f"forbidden_text = ['{written}']").forbidden_text
    assert bool(pattern.search(text)) is found


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('fail_on = ["page-errors"]', 'Did you mean "page-error"?'),
        ('fail_on = "page-error"', "expected a list of texts such as [\"...\"], got 'page-error'"),
        ("fail_on = [1]", "expected a text, got 1"),
        ("third_party = 1", "expected true or false, got 1"),
        ('ignore = ["("]', "'(' is no regular expression"),
        ('ignore = [".*"]', "'.*' fits every text"),
        ('forbidden_text = ["regex:"]', "'' fits every text"),
        ('forbidden_text = [" "]', "expected a text, got ' '"),
        ('forbiden_text = ["x"]', 'Did you mean "forbidden_text"?'),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, table: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, table)
    assert told in str(raised.value)
    assert f"synthetic.toml:2: browser.{table.partition(' ')[0]}: " in str(raised.value)
