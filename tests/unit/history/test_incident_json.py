"""An incident is kept as `to_json` says it, whichever of its cases were kept before."""

from __future__ import annotations

import json
from dataclasses import replace

from pytest_synthetic.history.incident_json import FEW, text_of
from pytest_synthetic.model.alerting import Ending, Incident, Kind
from tests.incidents import a_case, a_problem, an_incident, minutes


def test_an_incident_is_kept_as_it_is_said() -> None:
    hostile = a_problem("café", Kind.BROKEN, claim='"}],"cases":[\ud800\u2028', variants=("amex", "visa"))
    ending = Ending(failed=3, said=4, good_since=minutes(4))
    blocking = a_case("login", blocked=tuple(f"Journey {number}" for number in range(2 * FEW)))
    cases = (
        a_case(),
        a_case("café", problem=hostile, blocked=("Refund",), revenue_per_hour=1.5, ending=ending),
        blocking,
    )
    known = an_incident("abcd1234", *cases, told={"oncall": minutes(1)}, flips=(minutes(2),), before=minutes(-9))
    newer = replace(known, cases=(cases[0], replace(cases[1], resolved=minutes(3)), blocking), revision=2)

    for incident in (known, newer, known, replace(known, cases=())):
        assert json.loads(text_of(incident)) == incident.to_json()
        assert Incident.from_json(json.loads(text_of(incident))) == incident
