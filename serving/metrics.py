"""Metrics for Prometheus: requests, how long they take, and how old the forecasts and their inputs are.

Labels take their values from what is declared (routes, methods, hazards, variables), never from what callers send.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.routing import Mount
from starlette.types import Scope

from serving.answer_models import RiskAnswer
from serving.answers import Answers

UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)


class Metrics:
    """What is counted in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, processor time, open files; where the system tells them
        self._seconds = Histogram(
            "haidang_request_seconds",
            "From a request to the last byte of its answer",
            ("route", "method"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._requests = Counter(
            "haidang_requests", "Requests by route and status", ("route", "method", "status"), registry=self.registry
        )
        self._found: dict[tuple[str, str, int], tuple[Histogram, Counter]] = {}
        self.running = Gauge("haidang_requests_running", "Requests that are being answered", registry=self.registry)

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts a request."""
        route, method = route_of(scope), scope["method"] if scope["method"] in _METHODS else "other"
        taken, requests = self._of(route, method, status)
        taken.observe(seconds)
        requests.inc()

    def _of(self, route: str, method: str, status: int) -> tuple[Histogram, Counter]:
        """The two series of such requests, found once."""
        found = self._found.get((route, method, status))
        if found is None:
            found = self._seconds.labels(route, method), self._requests.labels(route, method, str(status))
            self._found[route, method, status] = found
        return found

    def watch(self, answers: Answers) -> None:
        """Tells from now on how old the answers are."""
        self.registry.register(_Ages(answers))

    def told(self) -> bytes:
        """All metrics, in the text format of Prometheus."""
        return generate_latest(self.registry)


def route_of(scope: Scope) -> str:
    """The path of the route as it is declared, such as `/v1/forecasts/{id}`, after the request was routed."""
    route = scope.get("route")
    return UNMATCHED if route is None or isinstance(route, Mount) else str(route.path)


class _Ages(Collector):
    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def describe(self) -> Iterator[Metric]:
        return iter(_families())

    def collect(self) -> Iterator[Metric]:
        age, withheld, info, input_age = _families()
        now = datetime.now(UTC)
        for name, held in self._answers.held().items():
            withheld.add_metric([name], float(held.withheld is not None))
            if held.latest is not None:
                age.add_metric([name], (now - held.latest.issue_time).total_seconds())
                info.add_metric([name, held.latest.model_version], 1.0)
                for variable, seconds in _input_ages(held.latest, now):
                    input_age.add_metric([name, variable], seconds)
        yield from (age, withheld, info, input_age)


def _families() -> tuple[GaugeMetricFamily, ...]:
    return (
        GaugeMetricFamily(
            "haidang_forecast_age_seconds", "Since the issue time of the latest forecast", None, ["hazard"]
        ),
        GaugeMetricFamily("haidang_hazard_withheld", "1 where nothing is answered", None, ["hazard"]),
        GaugeMetricFamily("haidang_forecaster_info", "Which forecaster issued the latest", None, ["hazard", "version"]),
        GaugeMetricFamily(
            "haidang_input_age_seconds", "Since the newest value became known", None, ["hazard", "variable"]
        ),
    )


def _input_ages(latest: RiskAnswer, now: datetime) -> Iterator[tuple[str, float]]:
    """An input of which nothing was known has no age, and stands among the missing."""
    for age in latest.inputs:
        if age.known_at is not None:
            yield age.variable, (now - age.known_at).total_seconds()
