"""Texts of Allure's results made safe: whatever a product or a parameter holds, the file can be written and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attr

from pytest_synthetic.core.plaintext import plain

if TYPE_CHECKING:
    from collections.abc import Callable


def clean(value: Any, how: Callable[[str], str] = plain) -> Any:
    """`value` with every text in it made plain; Allure's own objects are changed in place, lists are replaced."""
    if isinstance(value, str):
        return how(value)
    if isinstance(value, list):
        return [clean(item, how) for item in value]
    if attr.has(type(value)):
        for name, inner in vars(value).items():
            setattr(value, name, clean(inner, how))
    return value


def writable(text: str) -> str:
    """`text` as it is, but for lone surrogates: one of them would make Allure's writer raise, and end the session."""
    return text.encode("utf-8", "replace").decode()
