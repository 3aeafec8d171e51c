"""Which address the product has, for a test in a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_synthetic.model.region import Region
    from pytest_synthetic.plugin.session import Session


def of(request: pytest.FixtureRequest, session: Session, region: Region) -> str | None:
    """The base URL of `api`: that of the `base_url` fixture where there is one (a user's own included)."""
    try:
        found: str | None = request.getfixturevalue("base_url")
    except pytest.FixtureLookupError:
        return chosen(session, region, None)
    return found


def chosen(session: Session, region: Region, theirs: str | None) -> str | None:
    """The command line's word first, then the region's, then pytest's other sources (`theirs`), then synthetic.toml."""
    typed = any(str(argument).startswith("--base-url") for argument in session.config.invocation_params.args)
    if typed and theirs:
        return theirs
    return region.base_url or theirs or session.settings.base_url
