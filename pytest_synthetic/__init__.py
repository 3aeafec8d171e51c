"""Write customer journeys as pytest tests; the same files watch production."""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "Journey": "pytest_synthetic.core.recorder",
    "Region": "pytest_synthetic.model.region",
    "RunResult": "pytest_synthetic.model.run",
    "StepResult": "pytest_synthetic.model.run",
    "Measurement": "pytest_synthetic.model.run",
    "Verdict": "pytest_synthetic.model.verdict",
    "Fault": "pytest_synthetic.model.verdict",
    "ApiSession": "pytest_synthetic.channels.api",
    "SyntheticError": "pytest_synthetic.errors",
}

__all__ = ["ApiSession", "Fault", "Journey", "Measurement", "Region", "RunResult", "StepResult", "SyntheticError", "Verdict"]  # fmt: skip


def __getattr__(name: str) -> object:
    """Import a public name at its first use: every pytest start imports this package, few use it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
