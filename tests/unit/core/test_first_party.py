"""Whose a request is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.core.first_party import site


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example/cart", "shop.example"),
        ("https://www.shop.example:8443/cart?x=1", "shop.example"),
        ("https://static.cdn.shop.example/a.js", "shop.example"),
        ("https://user:secret@api.shop.example/", "shop.example"),
        ("https://www.shop.co.uk/", "shop.co.uk"),
        ("https://shop.com.au/", "shop.com.au"),
        ("https://co.uk/", "co.uk"),
        ("https://com.shop.example/", "shop.example"),
        ("wss://live.shop.example/", "shop.example"),
        ("http://localhost:8000/", "localhost"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://[::1]:8000/", "::1"),
        ("https://SHOP.example./", "shop.example"),
        ("data:text/html,hello", None),
        ("about:blank", None),
        ("http://[half/", None),
        ("", None),
        (None, None),
    ],
)
def test_the_site_of_an_address(url: str | None, expected: str | None) -> None:
    assert site(url) == expected


@given(st.text())
def test_any_text_has_a_site_or_none(text: str) -> None:
    site(f"http://{text}/")
