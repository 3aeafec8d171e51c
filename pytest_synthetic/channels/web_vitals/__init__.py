"""Web vitals of every page a journey visits, through Google's web-vitals library (Apache-2.0, see LICENSE).

Definitions: web.dev/articles/vitals. TTFB, FCP, LCP and INP are in seconds here, CLS is a bare number.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

BINDING = "__synthetic_vitals"
NAMES = {"TTFB": "ttfb", "FCP": "fcp", "LCP": "lcp", "CLS": "cls", "INP": "inp"}


@cache
def script() -> str:
    """The script that measures, for `context.add_init_script`. Pages inside pages are left alone."""
    here = Path(__file__).parent
    library = (here / "web-vitals.iife.js").read_text(encoding="utf-8")
    return f"if (window.top === window.self) {{ {library}\n{(here / 'report.js').read_text(encoding='utf-8')} }}"
