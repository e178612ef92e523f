"""`make bench-serve`: how fast the service answers, starts and takes up what is new, beside the targets it has.

Its `GET` of a latest forecast stands beside a bare Starlette route in the same BentoML service that gives the same
bytes, and beside that route in uvicorn alone, the floor. Who asks is a process of its own on the same machine. The
deployment is a simulated province of 54 communes in `--home`, made where it is missing; each run works on a copy.
"""

import argparse
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pandas as pd
from threadpoolctl import threadpool_limits

from features.errors import HaidangError
from features.settings import Settings, keep_tools_quiet
from features.sources.simulated import SimulatedProvince
from haidang.benchmarks.load import Load, Loaded, asking, put, run
from haidang.chain import fitting, issuing, simulation
from haidang.chain.serve import serving
from models.forecaster import load_forecaster
from serving.access.service_settings import FILE_NAME
from serving.deployment import Deployment, open_deployment
from serving.issued.issue import Known, issue_from
from training.fit import fit

SERVICE = "haidang.benchmarks.service:BenchedService"
HAZARD, OTHER = "heavy_rain", "another-champion"
_YEARS, _BEFORE_THE_END = 3, pd.Timedelta(days=20)
_UNLIMITED = "address_requests_per_second = 1e9\naddress_burst = 1000000000\n"
_ROUNDS, _QUERIES, _LOADED_AFTER_RESTING = 9, 200, 1.0
_ISSUES = 3
_SHARE, _P99_MS, _RISK_P95_MS, _START_SECONDS, _GROWTH_MB = 0.85, 20.0, 30.0, 10.0, 10.0


def lay_out(home: Path) -> None:
    """Makes a deployment: of every hazard that can have one a champion and an issue, of one also another champion."""
    province = SimulatedProvince(years=_YEARS, first_year=2022)
    simulation.prepare(home, province)
    deployment = open_deployment(Settings(home=home))
    simulation.simulate(deployment, province, progress=lambda done, of: None)
    ends = deployment.archive.ends()
    known = Known(deployment.archive, ends - _BEFORE_THE_END)
    for name in fitting.trainable(deployment):
        hazard, folder = deployment.hazard(name), deployment.settings.forecasters / name
        try:
            with threadpool_limits(1):
                forecaster = fit(hazard, deployment.archive, moment=ends)
            forecaster.save(folder)
            deployment.shelf.put(folder, forecaster)
            deployment.issued.add(issue_from(deployment.shelf.champion(hazard), known, issued_at=ends))
        except HaidangError as error:
            print(f"without {name}: {error}", file=sys.stderr)
    with threadpool_limits(1):
        other = fit(deployment.hazard(HAZARD), deployment.archive, moment=ends - 3 * _BEFORE_THE_END)
    other.save(deployment.settings.forecasters / OTHER)


def bench_starts(settings: Settings, times: int) -> None:
    """Times from the start of the process until it says that it is ready."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        with serving(settings):
            took.append(time.perf_counter() - began)
    champions = sum(1 for _ in settings.shelf.iterdir())
    print(
        f"cold start to ready, {champions} champions: {statistics.median(took):.1f} s, from {min(took):.1f} to "
        f"{max(took):.1f} s in {times} starts; {_judged(max(took) <= _START_SECONDS, f'at most {_START_SECONDS:g} s')}"
    )


def bench_get(process: ProcessPoolExecutor, port: int, seconds: float) -> None:
    """Times a latest forecast beside the bare routes, in turns, and at half load."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        site = client.get("/v1/sites").json()[0]["code"]
        path = f"/v1/forecasts/latest?hazard={HAZARD}&site={site}"
        body = client.get(path).raise_for_status().content
        client.put("/bare", content=body).raise_for_status()
    _until_loaded(port)
    spent: dict[str, list[float]] = {"ours": [], "bare route": []}
    with _bare_uvicorn() as floor:
        httpx.put(f"http://127.0.0.1:{floor}/bare", content=body).raise_for_status()
        ways = {"ours": (port, path), "bare route": (port, "/bare"), "uvicorn alone": (floor, "/bare")}
        told: dict[str, list[Loaded]] = {name: [] for name in ways}
        for _ in range(_ROUNDS):
            for name, (where, asked) in ways.items():
                before = _told_by(port, "process_cpu_seconds_total")
                told[name].append(put(process, Load(where, asked, seconds=seconds / _ROUNDS)).result())
                if name in spent:
                    worked = _told_by(port, "process_cpu_seconds_total") - before
                    spent[name].append(1e6 * worked / len(told[name][-1].milliseconds))
    print(f"GET of a latest forecast, {len(body):,} bytes, 8 connections:")
    for name, rounds in told.items():
        print(f"  {name + ':':15}{_rate(rounds)}")
    ours = statistics.median(one.per_second for one in told["ours"])
    shares = [one.per_second / other.per_second for one, other in zip(told["ours"], told["bare route"], strict=True)]
    share = statistics.median(shares)
    print(
        f"  ours is {share:.0%} of the bare route right after it, from {min(shares):.0%} to {max(shares):.0%} in "
        f"{_ROUNDS} rounds; {_judged(share >= _SHARE, f'at least {_SHARE:.0%}')}"
    )
    mine, its = (statistics.median(spent[name]) for name in ("ours", "bare route"))
    print(f"  an answer takes the worker {mine:.0f} us of a core, the bare route {its:.0f} us")
    half = put(process, Load(port, path, seconds=2 * seconds, rate=ours / 2)).result()
    p50, p95, p99 = half.percentiles(50, 95, 99)
    print(
        f"  at half load, {half.per_second:,.0f}/s: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms; "
        f"{_judged(p99 <= _P99_MS, f'p99 at most {_P99_MS:g} ms')}"
    )


def bench_risk(process: ProcessPoolExecutor, port: int) -> None:
    """Times POST /risk for all communes and leads, with the same question and with another one each time."""
    same = (json.dumps({"hazard": HAZARD}).encode(),)
    others = tuple(json.dumps({"hazard": HAZARD, "thresholds": [17 + number]}).encode() for number in range(_QUERIES))
    for name, bodies in (("the same question", same), ("own thresholds, never the same", others)):
        load = Load(port, "/risk", bodies, connections=1, seconds=120, requests=_QUERIES, keep=True)
        told = put(process, load).result()
        p50, p95, p99 = told.percentiles(50, 95, 99)
        answer = json.loads(next(iter(told.bodies)))
        leads = len(answer["forecasts"][0]["periods"])
        print(
            f"POST /risk, {len(answer['forecasts'])} sites x {leads} leads, {name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms"
            f", p99 {p99:.1f} ms, {told.failed} failed; "
            f"{_judged(p95 <= _RISK_P95_MS, f'p95 at most {_RISK_P95_MS:g} ms')}"
        )


def bench_swap(process: ProcessPoolExecutor, port: int, deployment: Deployment, seconds: float) -> None:
    """Brings a new issue at a third of a load, another champion and its issue at the second, and counts what failed."""
    hazard, folder = deployment.hazard(HAZARD), deployment.settings.forecasters / OTHER
    last = deployment.issued.issue_times(HAZARD)[-1]
    site = deployment.sites.codes[0]
    asked = Load(port, f"/v1/forecasts/latest?hazard={HAZARD}&site={site}", seconds=seconds, rate=200, keep=True)
    running = put(process, asked)
    time.sleep(seconds / 3)
    issuing.issue_now(deployment, hazard, last + pd.Timedelta(days=1), last + pd.Timedelta(days=1))
    time.sleep(seconds / 3)
    deployment.shelf.put(folder, load_forecaster(folder, hazard))
    issuing.issue_now(deployment, hazard, last + pd.Timedelta(days=2), last + pd.Timedelta(days=2))
    told = running.result()
    issues = {(answer["issue_time"], answer["model_version"]) for answer in map(json.loads, told.bodies)}
    (p99,) = told.percentiles(99)
    print(
        f"a new issue and another champion in {seconds:g} s of load, {len(told.milliseconds):,} requests: "
        f"{told.failed} failed, {len(issues)} issues seen, p99 {p99:.1f} ms; "
        f"{_judged(not told.failed and len(issues) == _ISSUES, f'none failed, {_ISSUES} seen')}"
    )


def bench_memory(process: ProcessPoolExecutor, port: int, requests: int) -> None:
    """Memory of the worker before and after many requests."""
    path = f"/v1/forecasts/latest?hazard={HAZARD}"
    site = httpx.get(f"http://127.0.0.1:{port}/v1/sites", timeout=30).json()[0]["code"]
    asked = Load(port, f"{path}&site={site}", seconds=3600, requests=requests // 10)
    put(process, asked).result()
    before, done = _resident(port), 0
    while done < requests:
        done += len(put(process, asked).result().milliseconds)
    after = _resident(port)
    print(
        f"memory of the worker: {before:.0f} MB, {after:.0f} MB after {done:,} requests; "
        f"{_judged(after - before <= _GROWTH_MB, f'at most {_GROWTH_MB:g} MB more')}"
    )


def _resident(port: int) -> float:
    """Megabytes."""
    return _told_by(port, "process_resident_memory_bytes") / 1e6


def _told_by(port: int, metric: str) -> float:
    """A figure that the service tells of its own process."""
    lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(metric))


def _until_loaded(port: int) -> None:
    """Waits until the forecasters are loaded that a ready service still loads."""
    rest, worked = 0.0, _told_by(port, "process_cpu_seconds_total")
    while rest < _LOADED_AFTER_RESTING:
        time.sleep(_LOADED_AFTER_RESTING)
        now = _told_by(port, "process_cpu_seconds_total")
        rest, worked = (_LOADED_AFTER_RESTING if now - worked < _LOADED_AFTER_RESTING / 10 else 0.0), now


def _rate(rounds: Sequence[Loaded]) -> str:
    rates = sorted(one.per_second for one in rounds)
    p50, p95, p99 = (
        statistics.median(values) for values in zip(*(one.percentiles(50, 95, 99) for one in rounds), strict=True)
    )
    return (
        f"{statistics.median(rates):>7,.0f}/s ({rates[0]:,.0f} to {rates[-1]:,.0f}), p50 {p50:.1f} ms, p95 {p95:.1f} "
        f"ms, p99 {p99:.1f} ms, {sum(one.failed for one in rounds)} failed; who asked was busy for "
        f"{max(one.busy for one in rounds):.0%} of the time"
    )


def _judged(met: bool, target: str) -> str:
    return f"target {target}: {'met' if met else 'MISSED'}"


@contextmanager
def _bare_uvicorn() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "haidang.benchmarks.service:bare", "--port", str(port)]
    with subprocess.Popen([*command, "--no-access-log", "--log-level", "error"]) as process:  # noqa: S603
        try:
            run(Load(port, "/bare", connections=1, seconds=60, requests=1))
            yield port
        finally:
            process.terminate()


def main(told: Sequence[str] | None = None) -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(prog="make bench-serve", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var/bench-serve"), help="deployment; made where missing")
    parser.add_argument("--seconds", type=float, default=15.0, help="of load on each way to GET")
    parser.add_argument("--swap-seconds", type=float, default=60.0, help="of load while something new comes")
    parser.add_argument("--requests", type=int, default=100_000, help="after which memory is looked at")
    parser.add_argument("--starts", type=int, default=5, help="cold starts")
    chosen = parser.parse_args(told)
    keep_tools_quiet()
    if not (chosen.home / "forecasters" / OTHER).is_dir():
        lay_out(chosen.home)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=shutil.copytree(chosen.home, Path(folder) / "home"))
        (settings.home / FILE_NAME).write_text(_UNLIMITED, encoding="utf-8")
        bench_starts(settings, chosen.starts)
        with asking() as process, serving(settings, SERVICE) as address:
            port = int(address.rpartition(":")[2])
            bench_get(process, port, chosen.seconds)
            bench_risk(process, port)
            bench_memory(process, port, chosen.requests)
            bench_swap(process, port, open_deployment(settings), chosen.swap_seconds)


if __name__ == "__main__":
    main()
