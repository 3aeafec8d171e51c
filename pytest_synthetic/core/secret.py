"""A secret as a journey holds it: a text that does not show itself, and fields filled without their pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pytest_synthetic.core.redact import placeholder

if TYPE_CHECKING:
    from collections.abc import Callable

_HIDE = """
element => {
  element.setAttribute("data-synthetic-secret", "");
  element.style.setProperty("-webkit-text-security", "disc", "important");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("[data-synthetic-secret] { -webkit-text-security: disc !important }");
  const root = element.getRootNode();
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
"""
"""Shows dots in place of the text: the style sheet holds where a page writes the element's own style anew."""


class Secret(str):
    """A text whose repr is masked; all else is that of a text, `str()`, `+` and f-strings too."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, value: str, name: str) -> Self:
        """`name` is what is shown in its place."""
        made = super().__new__(cls, value)
        made.name = name
        return made

    def __repr__(self) -> str:
        """The placeholder: pytest shows arguments and locals by their repr."""
        return repr(placeholder(self.name))

    def __reduce__(self) -> tuple[type[Secret], tuple[str, str]]:
        """A copy keeps its name and stays masked."""
        return Secret, (str(self), self.name)


class Secrets:
    """The fixture `secrets`: `secrets["SHOP_PASSWORD"]`, `secrets.fill(locator, "SHOP_PASSWORD")`."""

    def __init__(self, read: Callable[[str], Secret]) -> None:
        """`given` and `filled` tell, in order, which ones tests got as texts, and which ones were typed as dots."""
        self._read = read
        self.given: list[str] = []
        self.filled: list[str] = []

    def __getitem__(self, name: str) -> Secret:
        """The secret called `name`. Raises ConfigError when it is not there or cannot be kept out of the reports."""
        secret = self._read(name)
        self.given.append(name)
        return secret

    def __repr__(self) -> str:
        """No secret."""
        return "<secrets>"

    def fill(self, locator: Any, name: str, **options: Any) -> None:
        """Fill the field of Playwright's `locator` with the secret, shown as dots in screenshots, videos and traces.

        `options` are those of `locator.fill`. Raises ConfigError as above.
        """
        secret = self._read(name)
        waits = {key: options[key] for key in ("timeout",) if key in options}
        locator.evaluate(_HIDE, **waits)
        self.filled.append(name)
        locator.fill(str(secret), **options)
