"""OpenSLO v1 documents in and out: what the schema allows, what we can keep to, and where a mistake stands."""

from __future__ import annotations

import textwrap
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_synthetic.config.openslo import read, written
from pytest_synthetic.errors import ConfigError, UsageError
from pytest_synthetic.model.sla import Slo, slo

FULL = """\
    apiVersion: openslo/v1
    kind: SLO
    metadata:
      name: checkout
      displayName: Checkout works
      labels:
        team: [payments, web]
      annotations:
        openslo.com/note: "nightly"
    spec:
      description: Customers can buy.
      service: shop
      indicator:
        metadata:
          name: checkout-runs
        spec:
          ratioMetric:
            counter: true
            good:
              metricSource: {type: Prometheus, spec: {query: "sum(good)"}}
            total:
              metricSource: {type: Prometheus, spec: {query: "sum(all)"}}
      timeWindow:
        - duration: 4w
          isRolling: true
      budgetingMethod: Occurrences
      objectives:
        - displayName: Works
          target: 0.995
      alertPolicies:
        - alertPolicyRef: burn
    """


def file(folder: Path, *texts: str) -> Path:
    path = folder / "slo.yaml"
    path.write_text("---\n".join(textwrap.dedent(text) for text in texts), encoding="utf-8")
    return path


def changed(old: str, new: str) -> str:
    assert old in FULL
    return FULL.replace(old, new)


LATENCY = FULL.replace('openslo.com/note: "nightly"', "synthetic/indicator: latency").replace("0.995", "0.9")


# -- in ------------------------------------------------------------------------------------------------------------


def test_a_document_is_the_target_of_the_journey_it_is_named_after(tmp_path: Path) -> None:
    found = read(file(tmp_path, FULL))

    assert found.slos == {"checkout": slo(0.995, "28d")}
    assert found.passed_over == ()


@pytest.mark.parametrize("place", ["annotations:", "labels:"])
def test_the_journey_may_have_another_name(tmp_path: Path, place: str) -> None:
    named = changed(f"      {place}\n", f"      {place}\n        synthetic/journey: tests.shop.test_buy\n")

    assert list(read(file(tmp_path, named)).slos) == ["tests.shop.test_buy"]


def test_a_label_may_name_several_journeys(tmp_path: Path) -> None:
    assert list(read(file(tmp_path, changed("team: [payments, web]", "synthetic/journey: [a, b]"))).slos) == ["a", "b"]


def test_latency_joins_availability(tmp_path: Path) -> None:
    assert read(file(tmp_path, LATENCY, FULL)).slos == {"checkout": slo(0.995, "28d", 0.9)}


def test_other_kinds_are_passed_over_by_name(tmp_path: Path) -> None:
    other = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: shop}\nspec: {description: The shop}\n"
    foreign = "apiVersion: v1\nkind: ConfigMap\n"

    found = read(file(tmp_path, other, FULL, foreign, "just: text\n", "\n"))

    assert list(found.slos) == ["checkout"]
    at = tmp_path / "slo.yaml"
    assert found.passed_over == (
        f'{at}:1: Service "shop" is no SLO',
        f"{at}:38: ConfigMap is no SLO",
        f"{at}:41: a document without kind is no SLO",
    )


def test_documents_may_stand_in_a_list_and_in_json(tmp_path: Path) -> None:
    path = tmp_path / "slo.yaml"
    path.write_text(yaml.safe_dump([yaml.safe_load(textwrap.dedent(FULL))]), encoding="utf-8")
    assert list(read(path).slos) == ["checkout"]

    import json

    path.write_text(json.dumps(yaml.safe_load(textwrap.dedent(FULL)), indent=2), encoding="utf-8")
    assert list(read(path).slos) == ["checkout"]


@pytest.mark.parametrize(
    ("duration", "read_as"), [("30d", "30d"), ("12h", "12h"), ("90m", "90m"), ("1w", "7d"), ("365d", "365d")]
)
def test_rolling_windows(tmp_path: Path, duration: str, read_as: str) -> None:
    found = read(file(tmp_path, changed("duration: 4w", f"duration: {duration}")))

    assert found.slos["checkout"] == slo(0.995, read_as)


def calendar(duration: str, start: str, zone: str = "UTC") -> str:
    window = f"duration: {duration}\n          calendar:\n            startTime: {start}\n            timeZone: {zone}"
    return changed("duration: 4w\n          isRolling: true", window)


@pytest.mark.parametrize(
    ("duration", "start", "read_as"),
    [("1M", "2020-02-01 00:00:00", "month"), ("1w", "2024-01-01 00:00:00", "week"), ("1Q", "2024-10-01 00:00:00", "quarter"),
     ("3M", "2024-01-01", "quarter"), ("1M", '"2020-02-01 00:00:00"', "month"), ("1M", "2020-02-01T02:00:00+02:00", "month")],
)  # fmt: skip
def test_calendar_windows(tmp_path: Path, duration: str, start: str, read_as: str) -> None:
    assert read(file(tmp_path, calendar(duration, start))).slos["checkout"] == slo(0.995, read_as)


@pytest.mark.parametrize(("percent", "share"), [("99.95", 0.9995), ("99.9", 0.999), ("95", 0.95)])
def test_a_target_in_percent(tmp_path: Path, percent: str, share: float) -> None:
    found = read(file(tmp_path, changed("target: 0.995", f"targetPercent: {percent}")))

    assert found.slos["checkout"].availability == share


THRESHOLD = """
          thresholdMetric:
            metricSource: {type: Any, spec: {query: Any}}"""


def test_a_threshold_is_the_sla_only_when_it_says_so(tmp_path: Path) -> None:
    metric = LATENCY[LATENCY.index("\n          ratioMetric") : LATENCY.index("\n      timeWindow")]
    threshold = LATENCY.replace(metric, THRESHOLD).replace(
        "target: 0.9", "target: 0.9\n          op: lt\n          value: 500"
    )

    found = read(file(tmp_path, FULL, threshold))

    assert found.slos["checkout"].latency == 0.9
    (told,) = found.passed_over
    assert told.endswith(":59: the value 500 is not read: the limit is the SLA of the journey")

    with pytest.raises(ConfigError, match=r"slo.yaml:17: spec.indicator.spec.thresholdMetric: a threshold .* synthetic/indicator: latency"):  # fmt: skip
        read(file(tmp_path, threshold.replace("synthetic/indicator: latency", "team: web")))


def test_the_document_of_the_page(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "explanation" / "slo.md"
    path = tmp_path / "slo.yaml"
    path.write_text(page.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0], encoding="utf-8")

    assert read(path).slos == {"checkout": slo(0.995, "30d")}


# -- refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "line", "complaint"),
    [(changed("Occurrences", "Timeslices"), 26, "spec.budgetingMethod: Timeslices counts slices of time, and we count runs: expected Occurrences"),
     (changed("Occurrences", "occurences"), 26, 'Did you mean "Occurrences"?'),
     (changed("      budgetingMethod: Occurrences\n", ""), 10, "spec.budgetingMethod: expected Occurrences, got None"),
     (changed("openslo/v1", "openslo/v1alpha"), 1, "apiVersion: expected openslo/v1, got 'openslo/v1alpha'"),
     (changed("target: 0.995", "target: 99.5"), 29, "target: expected a number above 0 and below 1, such as 0.995, got 99.5"),
     (changed("target: 0.995", "target: high"), 29, "got 'high'"),
     (changed("target: 0.995", "target: true"), 29, "got True"),
     (changed("target: 0.995", "target: .nan"), 29, "got nan"),
     (changed("target: 0.995", "targetPercent: 100"), 29, "targetPercent: expected a number above 0 and below 100, such as 99.5, got 100"),
     (changed("target: 0.995", "value: 3"), 28, "expected target: 0.995 or targetPercent: 99.5"),
     (changed("target: 0.995", "target: 0.9\n          targetPercent: 90"), 28, "give target or targetPercent, not both"),
     (changed("target: 0.995", "target: 0.9\n        - target: 0.8"), 27, "spec.objectives: expected a list of one objective, got 2"),
     (changed("duration: 4w", "duration: 1M"), 24, "spec.timeWindow.0.duration: expected minutes, hours, days or weeks such as 30d, got '1M'"),
     (changed("duration: 4w", "duration: 0d"), 24, "got '0d'"),
     (changed("duration: 4w", "duration: 30"), 24, "got 30"),
     (changed("isRolling: true", "isRolling: false"), 24, "periods of the calendar are 1w, 1M and 1Q, got '4w'"),
     (calendar("1M", "2020-02-01 00:00:00", "America/New_York"), 27, "timeZone: our periods are those of UTC: expected timeZone: UTC, got 'America/New_York'"),
     (calendar("1M", "2022-01-01 12:00:00"), 26, "startTime: expected the first of a month at 00:00:00, such as 2024-01-01 00:00:00, got '2022-01-01 12:00:00'"),
     (calendar("1w", "2022-01-01 00:00:00"), 26, "expected a Monday"),
     (calendar("1Q", "2022-02-01 00:00:00"), 26, "expected the first of January, April, July or October"),
     (calendar("1M", "soon"), 26, "got 'soon'"),
     (calendar("1M", "0001-01-01T00:00:00+05:00"), 26, "expected the first of a month"),
     (changed("name: checkout\n", "name: [x, 3]\n"), 4, "metadata.name: expected the id of a journey, got ['x', 3]"),
     (changed("      name: checkout\n", ""), 3, "expected the id of a journey, got None"),
     (changed('openslo.com/note: "nightly"', "synthetic/indicator: latenci"), 9, 'Did you mean "latency"?')],
)  # fmt: skip
def test_what_we_cannot_keep_to_is_refused_with_its_place(
    tmp_path: Path, document: str, line: int, complaint: str
) -> None:
    path = file(tmp_path, document)

    with pytest.raises(ConfigError) as refused:
        read(path)

    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("documents", "complaint"),
    [((FULL, FULL), r"slo.yaml:35: metadata: the availability of checkout has a target already, at .*slo.yaml:1$"),
     ((LATENCY,), r"slo.yaml:3: metadata: checkout has a target for its latency and none for its availability: add one"),
     ((FULL, LATENCY.replace("4w", "30d")), r"slo.yaml:56: spec.timeWindow.0: expected the window of the availability of checkout, at .*:24")],
)  # fmt: skip
def test_documents_that_contradict_each_other_are_refused(
    tmp_path: Path, documents: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read(file(tmp_path, *documents))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("a: [1", "slo.yaml:1: not valid YAML"), ("a: b: c", "slo.yaml:1: not valid YAML"), ("\ta: b", "slo.yaml:1: not valid YAML"),
     ("a: !!python/object:os.system {}", "slo.yaml:1: not valid YAML"), ("a: !!bool maybe", "not valid YAML"),
     ("{a: 1, a: 1}", "slo.yaml:1: a: given already in line 1"), ("a: 1\nb: {c: 2,\n  c: 3}", "slo.yaml:3: c: given already in line 2$"), ("a: &x {b: 1}\nc: {<<: *x, b: 2}\nd: *x\na: 1", "slo.yaml:4: a: given already"),
     ("a: 2022-13-45", "not valid YAML"), ("a: \x01", "not valid YAML"), ("[" * 500, "nested too deeply"), ("? [1]\n: 2", "not valid YAML")],
)  # fmt: skip
def test_what_is_no_yaml_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "slo.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=complaint):
        read(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml: cannot be read: No such file"):
        read(tmp_path / "none.yaml")


def test_ten_lines_that_stand_for_a_billion_values_are_shown_short(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    bomb = "\n".join([*lines, "apiVersion: openslo/v1", "kind: SLO", "metadata: {name: *i}", ""])
    path = tmp_path / "slo.yaml"
    path.write_text(bomb + "spec: {budgetingMethod: *i}\n", encoding="utf-8")

    with pytest.raises(ConfigError) as refused:
        read(path)

    assert len(str(refused.value)) < 2_000


@given(st.text(alphabet="abk:-[]{}!&*#|>'\" \n0123.~<=?,%@", max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_no_text_ends_in_an_error_that_is_not_ours(tmp_path: Path, text: str) -> None:
    path = tmp_path / "slo.yaml"
    path.write_text(text, encoding="utf-8")
    with suppress(ConfigError):
        read(path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
PLACES = [("metadata",), ("metadata", "name"), ("metadata", "annotations"), ("metadata", "labels"), ("spec",), ("spec", "indicator"),
          ("spec", "timeWindow"), ("spec", "timeWindow", 0), ("spec", "timeWindow", 0, "duration"), ("spec", "timeWindow", 0, "calendar"),
          ("spec", "budgetingMethod"), ("spec", "objectives"), ("spec", "objectives", 0), ("spec", "objectives", 0, "target")]  # fmt: skip


@given(st.sampled_from(PLACES), VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_no_value_ends_in_an_error_that_is_not_ours(tmp_path: Path, keys: tuple[Any, ...], value: object) -> None:
    document = yaml.safe_load(textwrap.dedent(FULL))
    inner = document
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path = tmp_path / "slo.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with suppress(ConfigError):
        read(path)


# -- out -----------------------------------------------------------------------------------------------------------

SHARES = st.floats(1e-9, 1, exclude_max=True)
WINDOWS = st.integers(1, 10**6).map(lambda minutes: 60.0 * minutes) | st.sampled_from(["week", "month", "quarter"])
JOURNEYS = st.text(min_size=1).filter(str.strip)


@given(st.dictionaries(JOURNEYS, st.builds(slo, SHARES, WINDOWS, st.none() | SHARES), max_size=2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_what_is_written_is_read_again(tmp_path: Path, slos: dict[str, Slo]) -> None:
    path = tmp_path / "slo.yaml"
    path.write_text(written(slos), encoding="utf-8", newline="")

    assert read(path).slos == slos
    assert read(path).passed_over == ()


NAME = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


@given(st.dictionaries(JOURNEYS, st.just(slo(0.9, "month", 0.5)), min_size=1, max_size=4), st.text())
@settings(deadline=None, max_examples=25)
def test_documents_have_the_shape_of_the_schema(slos: dict[str, Slo], service: str) -> None:
    """The fields that OpenSLO v1 requires, and names that it allows."""
    import re

    found = list(yaml.safe_load_all(written(slos, service=service)))

    assert len({document["metadata"]["name"] for document in found}) == len(found) == 2 * len(slos)
    for document in found:
        assert (document["apiVersion"], document["kind"]) == ("openslo/v1", "SLO")
        assert set(document) == {"apiVersion", "kind", "metadata", "spec"}
        spec = document["spec"]
        assert set(spec) == {"service", "indicator", "timeWindow", "budgetingMethod", "objectives"}
        names = [document["metadata"]["name"], spec["service"], spec["indicator"]["metadata"]["name"]]
        assert all(re.fullmatch(NAME, name) for name in names)
        (window,) = spec["timeWindow"]
        assert (window["duration"], window["isRolling"]) == ("1M", False)
        assert set(window["calendar"]) == {"startTime", "timeZone"}
        (objective,) = spec["objectives"]
        assert 0 <= objective["target"] < 1
        assert set(spec["indicator"]["spec"]["ratioMetric"]) == {"counter", "good", "total"}


def test_a_document_as_people_see_it() -> None:
    assert written({"shop.checkout": slo(0.995, "30d")}, service="Kettle Shop") == textwrap.dedent("""\
        apiVersion: openslo/v1
        kind: SLO
        metadata:
          name: shop-checkout-availability
          displayName: 'shop.checkout: availability'
          annotations:
            synthetic/journey: shop.checkout
            synthetic/indicator: availability
        spec:
          service: kettle-shop
          indicator:
            metadata:
              name: shop-checkout-availability
            spec:
              ratioMetric:
                counter: true
                good:
                  metricSource:
                    type: pytest-synthetic
                    spec:
                      journey: shop.checkout
                      verdicts:
                      - passed
                      - degraded
                total:
                  metricSource:
                    type: pytest-synthetic
                    spec:
                      journey: shop.checkout
                      verdicts:
                      - passed
                      - degraded
                      - failed
          timeWindow:
          - duration: 30d
            isRolling: true
          budgetingMethod: Occurrences
          objectives:
          - displayName: availability
            target: 0.995
        """)


def test_a_window_that_openslo_cannot_say_is_refused() -> None:
    with pytest.raises(UsageError, match=r"checkout: OpenSLO has no window of 90.0 s; expected whole minutes"):
        written({"checkout": slo(0.9, "90s")})
