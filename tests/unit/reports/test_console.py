"""The console's summary: what tells two runs apart stays in sight."""

from __future__ import annotations

import pytest

from pytest_synthetic.reports.console import _cut


@pytest.mark.parametrize(
    ("title", "width", "shown"),
    [
        ("Sign up by SMS", 20, "Sign up by SMS"),
        ("Browse the catalogue", 12, "Browse the…"),
        ("Sign up by SMS · Alto Mobile", 28, "Sign up by SMS · Alto Mobile"),
        ("Sign up by SMS · Alto Mobile", 21, "Sign u… · Alto Mobile"),
        ("Sign up by SMS · Alto Mobile", 16, "Sign… · Alto Mo…"),
        ("Sign up by SMS · Alto Mobile", 12, "Sign up by…"),
    ],
)
def test_a_long_title_loses_the_end_of_its_name(title: str, width: int, shown: str) -> None:
    assert _cut(title, width) == shown
