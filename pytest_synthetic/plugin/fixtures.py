"""The fixtures, but for those that drive a browser: they are in browser_fixtures.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.channels.api import ApiSession
    from pytest_synthetic.core.inbox import Inbox
    from pytest_synthetic.core.journey import Journey
    from pytest_synthetic.core.secret import Secrets
    from pytest_synthetic.inboxes.authenticator import Authenticator
    from pytest_synthetic.model.region import Region


@pytest.fixture
def journey(request: pytest.FixtureRequest) -> Journey:
    """The run under way: `journey.step(name)`, `.measure(name, value, unit)`, `.attach(name, data)`, `.run_id`."""
    from pytest_synthetic.core.journey import Journey
    from pytest_synthetic.errors import JourneyError
    from pytest_synthetic.plugin.attempt import ATTEMPT

    attempt = request.node.stash.get(ATTEMPT, None)
    if attempt is None:
        raise JourneyError(
            f'{request.node.name} asks for `journey`, but is not one: add @pytest.mark.journey("its name")'
        )
    return Journey(attempt.recorder)


@pytest.fixture(scope="session")
def synthetic_region(request: pytest.FixtureRequest) -> str:
    """The name of the region the test runs in; `local` when none was asked for."""
    return getattr(request, "param", "local")


@pytest.fixture
def synthetic_device(request: pytest.FixtureRequest) -> str | None:
    """The device a journey's `device` mark names for this variant."""
    return getattr(request, "param", None)


@pytest.fixture(scope="session")
def region(pytestconfig: pytest.Config, synthetic_region: str) -> Region:
    """Where the test runs from: name, locale, timezone, labels and the rest of its [regions.NAME] table."""
    from pytest_synthetic.plugin import session_of

    return session_of(pytestconfig).settings.region(synthetic_region)


@pytest.fixture
def api(request: pytest.FixtureRequest, pytestconfig: pytest.Config, synthetic_region: str) -> Iterator[ApiSession]:
    """A `requests.Session` with the base URL, the region's egress, a total deadline and timings of every exchange."""
    from pytest_synthetic.plugin import api_fixture, session_of

    with api_fixture.opened(request, session_of(pytestconfig), synthetic_region) as opened:
        yield opened


@pytest.fixture
def sms_inbox(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[Inbox]:
    """The inbox of [inboxes.sms]: `.address`, `with .expect(within="30s") as message:`, `.lease(carrier="Orange")`."""
    from pytest_synthetic.plugin import inbox_fixtures, session_of

    with inbox_fixtures.opened("sms", request, session_of(pytestconfig)) as inbox:
        yield inbox


@pytest.fixture
def email_inbox(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[Inbox]:
    """The inbox of [inboxes.email]: as `sms_inbox`, for mail."""
    from pytest_synthetic.plugin import inbox_fixtures, session_of

    with inbox_fixtures.opened("email", request, session_of(pytestconfig)) as inbox:
        yield inbox


@pytest.fixture(scope="session")
def secrets(pytestconfig: pytest.Config) -> Secrets:
    """Secrets by name, kept out of every report: `secrets["SHOP_PASSWORD"]`, `secrets.fill(locator, "PASSWORD")`."""
    from pytest_synthetic.plugin import session_of

    return session_of(pytestconfig).secrets


@pytest.fixture
def otp(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Authenticator:
    """A new code of an authenticator app: `otp()`, or `otp("anna")` for the account of [otp.anna]."""
    from pytest_synthetic.plugin import otp_fixture, session_of

    return otp_fixture.made(request, session_of(pytestconfig))
