"""Metrics for Prometheus: requests, how long they take, and how old the forecasts and their inputs are.

Labels take their values from what is declared (routes, methods, hazards, variables), never from what callers send.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.routing import Mount
from starlette.types import Scope

from serving.answering.answers import Answers
from serving.schemas.answer_models import RiskAnswer

UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)


class Metrics:
    """What is counted in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, processor time, open files; where the system tells them
        self._requests = _Requests()
        self.registry.register(self._requests)

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts a request."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._requests.add((route_of(scope), method, status), seconds)

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


class _Requests(Collector):
    """How many requests there were and how long they took, in plain numbers of this one process.

    The client's own histogram, in a process that BentoML starts, writes every number into a file that is shared by
    processes, and takes longer than the answer.
    """

    def __init__(self) -> None:
        self._seconds = defaultdict[tuple[str, str, int], float](float)
        self._within = defaultdict[tuple[str, str, int], list[int]](lambda: [0] * (len(_SECONDS) + 1))

    def add(self, request: tuple[str, str, int], seconds: float) -> None:
        """Counts one; from the thread of the loop alone."""
        self._seconds[request] += seconds
        self._within[request][bisect_left(_SECONDS, seconds)] += 1

    def describe(self) -> Iterator[Metric]:
        yield self._family()

    def collect(self) -> Iterator[Metric]:
        family = self._family()
        for (route, method, status), counts in self._within.items():
            bounds = [*map(str, _SECONDS), "+Inf"]
            buckets = list(zip(bounds, map(float, accumulate(counts)), strict=True))
            family.add_metric([route, method, str(status)], buckets, self._seconds[route, method, status])
        yield family

    def _family(self) -> HistogramMetricFamily:
        told = "From a request to the last byte of its answer, by route and status"
        return HistogramMetricFamily("haidang_request_seconds", told, labels=["route", "method", "status"])


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
