"""Which address the product has, for a test in a region. Extends the `base_url` fixture of pytest-base-url."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_synthetic.model.region import Region
    from pytest_synthetic.plugin.session import Session


@pytest.fixture(scope="session")
def base_url(base_url: str | None, pytestconfig: pytest.Config, synthetic_region: str) -> str | None:
    """The address of the product in this region."""
    from pytest_synthetic.plugin import session_of

    session = session_of(pytestconfig)
    return chosen(session, session.settings.region(synthetic_region), base_url)


def of(request: pytest.FixtureRequest, session: Session, region: Region) -> str | None:
    """The base URL of `api`: that of the `base_url` fixture, a user's own included; the settings' without one."""
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
