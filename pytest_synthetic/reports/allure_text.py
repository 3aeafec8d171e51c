"""Texts of Allure's results made safe: whatever a product or a parameter holds, the file can be written and read."""

from __future__ import annotations

from typing import Any

import attr

from pytest_synthetic.core.plaintext import plain


def clean(value: Any) -> Any:
    """`value` with every text in it made plain; Allure's own objects are changed in place, lists are replaced.

    A lone surrogate would make Allure's file writer raise, and with it the whole session of pytest.
    """
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if attr.has(type(value)):
        for name, inner in vars(value).items():
            setattr(value, name, clean(inner))
    return value
