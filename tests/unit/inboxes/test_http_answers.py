"""Answers of gateways, read by paths."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_synthetic.errors import InboxUnavailable
from pytest_synthetic.inboxes.http_answers import (
    in_order,
    is_to,
    items_of,
    leads,
    lost,
    moment_of,
    text_of,
    value_of,
    values_of,
)

ITEM = {"from": {"address": "a@x", "name": None}, "to": [{"address": "b@x"}, {"address": "c@x"}], "body": ""}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("from.address", ["a@x"]),
        ("from.name", []),
        ("to.0.address", ["b@x"]),
        ("to.*.address", ["b@x", "c@x"]),
        ("to.2.address", []),
        ("to.-1.address", []),
        ("body", [""]),
        ("body.0", []),
        ("form", []),
    ],
)
def test_paths(path: str, values: list[object]) -> None:
    assert list(values_of(ITEM, [path])) == values


def test_the_first_path_that_leads_to_something_counts() -> None:
    assert value_of(ITEM, ["from.name", "form", "to.1.address", "body"]) == "c@x"
    assert value_of(ITEM, ["form"]) is None
    assert leads(ITEM, ["from.name"])
    assert not leads(ITEM, ["from.nam"])


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("form.address", "there is no 'form'. Valid: body, from, to. Did you mean \"from\"?"),
        ("from.adress", "there is no 'adress'. Valid: address, name. Did you mean \"address\"?"),
        ("to.address", "'address' is asked of a list"),
        ("body.text", "'text' is asked of no table"),
        ("from.name", "it leads to nothing"),
    ],
)
def test_where_a_path_ends(path: str, told: str) -> None:
    assert lost(ITEM, path) == told


class TestLists:
    @pytest.mark.parametrize(
        ("answer", "path", "count"),
        [([{}], "", 1), ({"a": {"b": [{}, {}]}}, "a.b", 2), ({"messages": None}, "messages", 0), (None, "", 0)],
    )
    def test_found(self, answer: object, path: str, count: int) -> None:
        assert len(items_of(answer, path)) == count

    @pytest.mark.parametrize(
        ("answer", "path", "told"),
        [
            ({"messages": []}, "mesages", "has no list at items = \"mesages\": there is no 'mesages'. Valid: messages. Did you mean"),
            ({"messages": []}, "", 'items = "" should lead to the list of messages; it leads to a table. Valid: messages.'),
            ("<html>", "", 'items = "" should lead to the list of messages; it leads to no list'),
            (["a"], "", "items = \"\" should lead to a list of tables; there is 'a' in it"),
            ([["x" * 900]], "", "there is ['xxxxxxxxxxx"),
        ],
    )  # fmt: skip
    def test_not_found(self, answer: object, path: str, told: str) -> None:
        with pytest.raises(InboxUnavailable) as caught:
            items_of(answer, path)
        assert told in str(caught.value)
        assert len(str(caught.value)) < 200


class TestTexts:
    @pytest.mark.parametrize(
        ("value", "text"), [(None, ""), ("é\n", "é\n"), (7, "7"), ("😀", "😀"), ("half \ud83d.", "half \ufffd.")]
    )
    def test_read(self, value: object, text: str) -> None:
        assert text_of(value, "text", "body") == text

    def test_a_table_is_no_text(self) -> None:
        with pytest.raises(
            InboxUnavailable,
            match=r'^sender = "from" leads to a table: write the path to the end. Valid: address, name. Did you mean "address"\?$',
        ):
            text_of(ITEM["from"], "sender", "from")


class TestTimes:
    moment = datetime(2026, 11, 21, 18, 26, 13, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("value", "resolution"),
        [
            ("2026-11-21T18:26:13Z", 1.0),
            ("2026-11-21T19:26:13+01:00", 1.0),
            ("2026-11-21 18:26:13.000000000Z", 0.001),
            (1795285573, 1.0),
            ("1795285573", 1.0),
            (1795285573000, 0.001),
        ],
    )
    def test_read(self, value: object, resolution: float) -> None:
        assert moment_of(value) == (self.moment, resolution)

    @pytest.mark.parametrize(
        "value",
        ["2026-11-21T18:26:13", "yesterday", "", None, True, [], {}, float("nan"), 1e300, -1e15, "0001-01-01T00:00+14:00"],
    )  # fmt: skip
    def test_what_says_no_moment_is_none(self, value: object) -> None:
        assert moment_of(value) == (None, 1.0)


class TestOrder:
    def keys(self, times: list[object], *, newest_first: bool) -> list[str]:
        items: dict[str, dict[str, Any]] = {str(n): {"at": at} for n, at in enumerate(times)}
        return list(in_order(items, ["at"], newest_first=newest_first))

    def test_without_times_it_is_the_lists(self) -> None:
        assert self.keys([None, 5, 4], newest_first=True) == ["2", "1", "0"]
        assert self.keys([None, 5, 4], newest_first=False) == ["0", "1", "2"]

    def test_times_win(self) -> None:
        assert self.keys([2, 3, 1], newest_first=False) == ["2", "0", "1"]

    def test_of_one_second_the_list_tells(self) -> None:
        assert self.keys([7, 7, 6], newest_first=True) == ["2", "1", "0"]
        assert self.keys([7, 7, 6], newest_first=False) == ["2", "0", "1"]


@pytest.mark.parametrize(
    ("value", "address", "same"),
    [
        ("Box@Test.example", "box@test.example", True),
        ('"The Box, Inc." <box@test.example>', "box@test.example", True),
        ("a@x.example, box@test.example", "box@test.example", True),
        ("mybox@test.example", "box@test.example", False),
        ("box+1@test.example", "box@test.example", False),
        ("+33 6 12 34 56 78", "+33612345678", True),
        ("0033612345678", "+33612345678", True),
        ("33612345678", "+33612345678", True),
        ("0612345678", "+33612345678", True),
        ("+33612345679", "+33612345678", False),
        ("345678", "+33612345678", False),
        (1, "1", True),
        (1, "+33612345671", False),
        (["+1", ["+33612345678"]], "+33612345678", True),
        ([], "+33612345678", False),
    ],
)
def test_to_whom_a_message_is(value: object, address: str, same: bool) -> None:
    assert is_to(value, address) is same
