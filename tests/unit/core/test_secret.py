"""A secret's text type, and a field filled with it."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from pytest_synthetic.core.secret import Secret, Secrets

SECRET = Secret("hunter2-xyz", "SHOP_PASSWORD")


def test_it_is_a_text_whose_repr_is_masked() -> None:
    assert SECRET == "hunter2-xyz"
    assert repr(SECRET) == "'[redacted:SHOP_PASSWORD]'"
    assert repr({"password": SECRET}) == "{'password': '[redacted:SHOP_PASSWORD]'}"
    assert f"{SECRET!r}" == "'[redacted:SHOP_PASSWORD]'"


def test_where_text_is_needed_it_is_the_text() -> None:
    assert [str(SECRET), f"{SECRET}", SECRET + "", "%s" % SECRET] == ["hunter2-xyz"] * 4  # noqa: UP031  as a user may
    assert type(str(SECRET)) is str


def test_its_copies_are_masked_too() -> None:
    for twin in (copy.copy(SECRET), copy.deepcopy(SECRET), pickle.loads(pickle.dumps(SECRET))):
        assert twin == SECRET
        assert repr(twin) == repr(SECRET)


class Field:
    """Remembers what is done to it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, dict[str, Any]]] = []

    def evaluate(self, script: str, **options: Any) -> None:
        self.done.append(("evaluate", script, options))

    def fill(self, value: str, **options: Any) -> None:
        self.done.append(("fill", value, options))


def test_a_field_is_hidden_before_it_is_filled() -> None:
    field = Field()
    Secrets(lambda name: Secret(f"of {name}", name)).fill(field, "SHOP_PASSWORD", timeout=500, force=True)

    (first, script, options), filled = field.done
    assert (first, options) == ("evaluate", {"timeout": 500})
    assert "data-synthetic-secret" in script
    assert filled == ("fill", "of SHOP_PASSWORD", {"timeout": 500, "force": True})
    assert type(filled[1]) is str
