"""What happens before the tests: settings, regions, the journeys found and what they must not be run with."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.config import files, redactor
from pytest_synthetic.config.settings import SlaMode
from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.core.secret import Secrets
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.region import LOCAL
from pytest_synthetic.plugin import markers, options, preflight

if TYPE_CHECKING:
    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.journey import JourneySpec
    from pytest_synthetic.model.region import Region
    from pytest_synthetic.plugin.job import JobRoom
    from pytest_synthetic.plugin.lent_browser import LentBrowser
    from pytest_synthetic.plugin.redaction import Redaction

_SESSION = pytest.StashKey["Session"]()
GUARD_OFF = "the guard is off ([production] guard = false): journeys may do anything to the product"
BROWSER_FIXTURES = frozenset({"page", "context", "new_context", "browser"})


class Session:
    """One run of pytest, as far as journeys are concerned."""

    def __init__(self, config: pytest.Config) -> None:
        """Read the settings and regions. Raises pytest.UsageError, before anything runs."""
        self.config = config
        self.clock = SystemClock()
        self.began = self.clock.now()
        self.specs: dict[tuple[object, object], JourneySpec] = {}
        self.worker: dict[str, Any] | None = getattr(config, "workerinput", {}).get("synthetic")
        self.worker_id: str | None = getattr(config, "workerinput", {}).get("workerid")
        self.id = self.worker["session_id"] if self.worker else uuid.uuid4().hex
        try:
            self.settings = self._settings()
            self.regions = self.settings.chosen(options.regions(config))
            self.job = self._job()
            self.redactor, sources = redactor.opened(self.settings, os.environ, config.rootpath)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        self.secrets = Secrets(sources.secret)
        self.sla = SlaMode(config.getoption("synthetic_sla") or self.settings.sla)
        self.redaction: Redaction

    @classmethod
    def of(cls, config: pytest.Config) -> Session:
        """The session of `config`, made at the first call; the controller's begins to take records and messages."""
        if _SESSION not in config.stash:
            from pytest_synthetic.plugin.redaction import Redaction

            session = config.stash[_SESSION] = cls(config)
            session.redaction = Redaction(session)
            config.pluginmanager.register(session.redaction, "synthetic-redaction")
            if session.worker is None:
                from pytest_synthetic.plugin.created import Leftovers
                from pytest_synthetic.plugin.ending import Ending
                from pytest_synthetic.plugin.sink import Sink

                sink = Sink(session)
                config.pluginmanager.register(sink, "synthetic-sink")
                if session.settings.production and not session.settings.production.guard:
                    sink.complaints.append(GUARD_OFF)
                config.pluginmanager.register(Leftovers(session), "synthetic-leftovers")
                config.pluginmanager.register(Ending(config), "synthetic-ending")
                if config.getoption("synthetic_catalogue"):
                    from pytest_synthetic.plugin.catalogue import Cataloguing

                    config.pluginmanager.register(Cataloguing(session), "synthetic-catalogue")
                if config.getoption("synthetic_gate"):
                    from pytest_synthetic.plugin.gate import Gate

                    config.pluginmanager.register(Gate(session), "synthetic-gate")
                if listening := [inbox for inbox in session.settings.inboxes.values() if "listen" in inbox.options]:
                    from pytest_synthetic.plugin.receiving import Receivers

                    config.pluginmanager.register(Receivers(session, listening), "synthetic-receivers")
        return config.stash[_SESSION]

    def _settings(self) -> Settings:
        given = self.config.getoption("synthetic_config")
        if given and not Path(given).is_file():
            raise UsageError(f"--synthetic-config {given}: no such file")
        folders = (self.config.invocation_params.dir, self.config.rootpath)
        return files.load(Path(given).absolute() if given else files.find(folders), os.environ)

    def _job(self) -> JobRoom | None:
        given = self.config.getoption("synthetic_job")
        if not given:
            return None
        from pytest_synthetic.plugin.job import JobRoom

        if self.config.getoption("synthetic_gate"):
            raise UsageError("--synthetic-gate judges a session that writes the history; that of a job does not")
        return JobRoom(Path(self.config.invocation_params.dir, given))

    @cached_property
    def lent_browser(self) -> LentBrowser | None:
        """The browser that the scheduler lends; None outside of its jobs."""
        if self.job is None:
            return None
        from pytest_synthetic.plugin.lent_browser import LentBrowser

        lent = LentBrowser(self.job.folder)
        self.config.add_cleanup(lent.close)
        return lent

    def region(self, item: pytest.Item) -> Region:
        """The region that `item` runs in."""
        return self.settings.region(
            item.callspec.params.get("synthetic_region", LOCAL) if hasattr(item, "callspec") else LOCAL
        )

    @cached_property
    def release(self) -> str | None:
        """The release of the product that is watched, as somebody says who knows."""
        given: str | None = self.config.getoption("synthetic_release")
        return given or os.environ.get("SYNTHETIC_RELEASE") or None

    @cached_property
    def git_commit(self) -> str | None:
        """The commit of the tests, None outside a repository."""
        git = shutil.which("git")
        if git is None:
            return None
        said = subprocess.run(  # noqa: S603  a fixed command
            [git, "-C", str(self.config.rootpath), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
        return said.stdout.strip() or None

    # -- collection ----------------------------------------------------------------------------------------------

    def parametrize(self, metafunc: pytest.Metafunc) -> None:
        """One variant of a journey for each region asked for, and each of its devices.

        Raises a collection error for a mark that cannot be read.
        """
        try:
            spec = self._read(metafunc.definition)
        except UsageError as error:
            raise pytest.Collector.CollectError(str(error)) from None
        if self.regions:
            chosen = [_variant(region.name, spec) for region in self.regions]
            _parametrize(metafunc, "synthetic_region", chosen, "session")
        if spec.devices and BROWSER_FIXTURES & set(metafunc.fixturenames):
            _parametrize(metafunc, "synthetic_device", list(spec.devices), "function")

    def _read(self, definition: pytest.Item) -> JourneySpec:
        spec = markers.read(definition, self.settings)
        for name in spec.regions if self.settings.regions else ():
            if name not in self.settings.regions:
                known = did_you_mean(name, self.settings.regions)
                told = f"{name!r} is not defined in {self.settings.source}. {known}"
                raise markers.complaint(definition, "region", told)
        if spec.devices and not self.job:  # the scheduler has collected it: Playwright need not be asked at each run
            preflight.known_devices(definition, spec)
        spec = self.specs[_key(definition)] = self.job.asked(spec) if self.job else spec
        return spec

    def spec_of(self, item: pytest.Item) -> JourneySpec:
        """What the marks of a journey say. Raises UsageError."""
        return self.specs.get(_key(item)) or self._read(item)

    def prepare(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Give every journey its spec, refuse what must not run, and begin to record."""
        if self.config.getoption("synthetic_catalogue"):
            return
        try:
            for item in items:
                if item.get_closest_marker("journey"):
                    item.stash[markers.SPEC] = self.spec_of(item)
            journeys = [item for item in items if markers.SPEC in item.stash]
            preflight.check(self, journeys)
            preflight.order(items)
        except UsageError as error:
            self._refuse(session, items, str(error))
            return
        if journeys:
            from pytest_synthetic.plugin.guarding import Brake, Guarding
            from pytest_synthetic.plugin.runs import Runs

            self.config.pluginmanager.register(Runs(self), "synthetic-runs")
            self.config.pluginmanager.register(Guarding(self), "synthetic-guarding")
            self.config.pluginmanager.register(Brake(self), "synthetic-brake")

    def _refuse(self, session: pytest.Session, items: list[pytest.Item], message: str) -> None:
        """End with a usage error. A worker cannot raise one: it reports a failed collection and offers no test."""
        if self.worker is None:
            raise pytest.UsageError(message)
        items[:] = []
        report = pytest.CollectReport(nodeid="pytest-synthetic", outcome="failed", longrepr=message, result=[])
        session.ihook.pytest_collectreport(report=report)


def _key(item: Any) -> tuple[object, object]:
    return getattr(item, "cls", None), getattr(item, "function", item.nodeid)


def _variant(region: str, spec: JourneySpec) -> object:
    if not spec.regions or region in spec.regions:
        return pytest.param(region, id=region)
    reason = f"runs from {', '.join(spec.regions)} alone (its region mark), not from {region}"
    return pytest.param(region, id=region, marks=pytest.mark.skip(reason=reason))


def _parametrize(metafunc: pytest.Metafunc, fixture: str, values: list[Any], scope: Any) -> None:
    if fixture not in metafunc.fixturenames:
        metafunc.fixturenames.append(fixture)
    metafunc.parametrize(fixture, values, indirect=True, scope=scope)
