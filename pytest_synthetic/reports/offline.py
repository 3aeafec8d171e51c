"""A report asks nothing of the network: whoever reads it, nobody else learns of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Allure 3.18 writes this pair of scripts into every report, with no setting against it (plugin-awesome
# dist/generators.js). The second is told by its first words: a step's name may well hold "gtag(".
_ANALYTICS = re.compile(
    r'<script async src="https://www\.googletagmanager\.com/[^>]*></script>'
    r"(?:\s*<script>\s*window\.dataLayer = .*?</script>)?",
    re.DOTALL,
)

# The page is held to it by the browser as well: a description may hold an image of another server. Allure builds its
# pages with inline scripts and shows attachments through blob: addresses.
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; form-action 'none'"
_META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def seal(report: Path) -> None:
    """Make the pages of a report ask nothing of other servers. Raises OSError."""
    for page in report.rglob("index.html"):
        page.write_text(sealed(page.read_text("utf-8")), encoding="utf-8")


def sealed(html: str) -> str:
    """A page without Allure's analytics, under a policy that lets it load nothing from elsewhere."""
    return _HEAD.sub(lambda head: f"{head[0]}\n    {_META}", _ANALYTICS.sub("", html), count=1)
