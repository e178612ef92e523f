"""The gate: keys, limits, time, headers, log and metrics of every request, before an application that just says yes."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from features.database import open_database
from serving.access.callers import Caller, KeyRing, caller_of, requires
from serving.access.keys import Keys, Role
from serving.access.service_settings import ServiceSettings
from serving.schemas.problem_report import Problem
from serving.web.in_time import InTime
from serving.web.json_log import Answered, InBatches, without_secrets
from serving.web.metrics import Metrics
from serving.web.problems import report_problems
from serving.web.request_gate import Gate

MADE = pd.Timestamp("2026-01-01", tz="UTC")
NEVER = pd.Timestamp("2200-01-01", tz="UTC")


class Asked:
    """An application behind a gate, with a clock and keys of its own."""

    def __init__(self, folder: Path, **stated: object) -> None:
        self.keys = Keys(open_database(f"sqlite:///{folder / 'haidang.db'}"))
        self.now = 0.0
        self.metrics = Metrics()
        settings = ServiceSettings(home=folder, **stated)
        inside = InTime(Starlette(routes=[Mount("/", app=application())]), settings.seconds)
        ring = KeyRing(self.keys)
        self.stream = io.StringIO()
        self.log = InBatches(self.stream)
        self.gate = Gate(inside, settings, self.metrics, log=self.log, keys=ring, clock=lambda: self.now)
        self.ring = ring

    def key(self, role: Role) -> dict[str, str]:
        _, text = self.keys.make("Sở Y tế", role, MADE, expires_at=NEVER)
        self.ring.refresh()
        return {"Authorization": f"Bearer {text}"}

    def lines(self) -> list[dict[str, object]]:
        """The log, as it is written."""
        self.log.flush()
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def get(self, path: str = "/who", address: str = "203.0.113.7", **headers: str | bytes) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.gate, raise_app_exceptions=False, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://haidang") as opened:
                return await opened.get(path, headers=headers)

        return asyncio.run(asked())


def application() -> Starlette:
    async def who(request: Request) -> Response:
        return PlainTextResponse((await caller_of(request)).name)

    async def approve(request: Request) -> Response:
        return PlainTextResponse((await requires("approver")(request)).name)

    async def slow(request: Request) -> Response:
        await asyncio.sleep(5)
        return PlainTextResponse("late")

    async def page(request: Request) -> Response:
        return PlainTextResponse("page", headers={"Content-Security-Policy": "default-src 'self'"})

    def broken(request: Request) -> Response:
        raise RuntimeError("the password is swordfish")

    app = Starlette(
        routes=[
            Route("/who", who), Route("/approve", approve), Route("/slow", slow), Route("/page", page),
            Route("/broken", broken), Route("/things/{name}", who), Route("/livez", who),
        ]
    )  # fmt: skip
    report_problems(app)
    return app


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Callable[..., Asked]]:
    with ExitStack() as opened:

        def asked(**stated: object) -> Asked:
            made = Asked(tmp_path, **stated)
            opened.callback(made.log.close)
            return made

        yield asked


def problem_of(response: httpx.Response, status: int) -> Problem:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    return Problem.model_validate_json(response.content)


def test_anybody_reads_and_a_key_tells_who_asks(behind: Callable[..., Asked]) -> None:
    asked = behind()
    assert asked.get().text == "anybody"
    assert asked.get(**asked.key("reader")).text.startswith("Sở Y tế (key ")


@pytest.mark.parametrize(
    "header", [b"Bearer hd_00000000_x", b"Bearer", b"Basic YTpi", b"nonsense", b"Bearer hd_\xe9_b", b"Bearer \xff"]
)
def test_what_is_no_key_is_never_taken_for_anybody(behind: Callable[..., Asked], header: bytes) -> None:
    told = behind().get(Authorization=header)
    assert told.headers["www-authenticate"] == "Bearer"
    assert "unknown, revoked or expired" in problem_of(told, 401).detail


def test_where_reading_is_not_public_it_takes_a_key_and_probes_do_not(behind: Callable[..., Asked]) -> None:
    asked = behind(public=False)
    assert "reading takes a key here" in problem_of(asked.get(), 401).detail
    assert asked.get(**asked.key("reader")).status_code == 200
    assert asked.get("/livez").status_code == 200


def test_a_role_is_asked_for_by_name(behind: Callable[..., Asked]) -> None:
    asked = behind()
    problem_of(asked.get("/approve"), 401)
    assert "takes the role approver" in problem_of(asked.get("/approve", **asked.key("forecaster")), 403).detail
    assert asked.get("/approve", **asked.key("approver")).status_code == 200


def test_who_asks_too_often_waits_and_others_do_not(behind: Callable[..., Asked]) -> None:
    asked = behind(address_burst=2, address_requests_per_second=0.1, key_burst=3, key_requests_per_second=0.1)
    assert [asked.get().status_code for _ in range(3)] == [200, 200, 429]
    told = asked.get()
    assert told.headers["retry-after"] == "10"
    assert problem_of(told, 429).detail == "this address asks too often: wait 10 s"
    assert asked.get(address="203.0.113.8").status_code == 200
    assert asked.get("/livez").status_code == 200, "probes are not counted"
    key = asked.key("reader")
    assert [asked.get(**key).status_code for _ in range(4)] == [200, 200, 200, 429], "a key has a bucket of its own"
    asked.now = 10.0
    assert asked.get().status_code == 200


def test_who_tries_keys_is_stopped_like_anybody(behind: Callable[..., Asked]) -> None:
    asked = behind(address_burst=2, address_requests_per_second=0.1)
    tries = [asked.get(Authorization=f"Bearer hd_0000000{number}_x").status_code for number in range(3)]
    assert tries == [401, 401, 429]


def test_an_answer_that_takes_too_long_is_given_up(behind: Callable[..., Asked]) -> None:
    told = behind(seconds=0.05).get("/slow")
    assert problem_of(told, 504).detail.startswith("there was no answer within 0.05 s")


def test_a_service_lives_longer_than_an_answer_may_take() -> None:
    ended = []

    async def lives(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.1)
        ended.append(scope["type"])

    async def nothing() -> Message:
        return {"type": "lifespan.startup"}

    async def nowhere(message: Message) -> None:
        raise AssertionError(message)

    asyncio.run(InTime(lives, seconds=0.01)({"type": "lifespan"}, nothing, nowhere))
    assert ended == ["lifespan"]


def test_more_than_so_many_are_not_answered_at_once(behind: Callable[..., Asked]) -> None:
    asked = behind(at_once=2, seconds=0.3)

    async def three() -> list[httpx.Response]:
        transport = httpx.ASGITransport(asked.gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://haidang") as opened:
            return list(await asyncio.gather(*(opened.get("/slow") for _ in range(3))))

    told = asyncio.run(three())
    assert sorted(one.status_code for one in told) == [503, 504, 504]
    busy = next(one for one in told if one.status_code == 503)
    assert busy.headers["retry-after"] == "1"


@pytest.mark.parametrize("path", ["/who", "/nothing", "/broken", "/page"])
def test_every_answer_has_the_headers_of_security(behind: Callable[..., Asked], path: str) -> None:
    headers = behind().get(path, Origin="https://elsewhere.example").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["vary"] == "Authorization"
    own = "default-src 'self'" if path == "/page" else "default-src 'none'; frame-ancestors 'none'"
    assert headers.get_list("content-security-policy") == [own], "a page may state its own"
    assert not [name for name in headers if name.startswith("access-control-")], "no CORS"


def test_a_request_has_one_id_in_its_answer_and_its_log(behind: Callable[..., Asked]) -> None:
    asked = behind()
    assert asked.get(**{"X-Request-ID": "proxy-0042"}).headers["x-request-id"] == "proxy-0042"
    own = asked.get("/things/7?key=hush", **{"X-Request-ID": "no good\tone"}, **asked.key("agency"))
    assert len(own.headers["x-request-id"]) == 16
    first, second = asked.lines()
    assert (first["request"], second["request"]) == ("proxy-0042", own.headers["x-request-id"])
    assert (second["route"], second["method"], second["status"]) == ("/things/{name}", "GET", 200)
    assert second["key"] in asked.keys.all() and first["key"] is None
    assert (second["level"], second["text"], second["address"]) == ("info", "answered", "203.0.113.7")
    assert "hush" not in json.dumps(second)


def test_the_log_is_written_in_the_order_of_what_happened_and_nothing_is_lost(behind: Callable[..., Asked]) -> None:
    asked = behind()
    before = logging.LogRecord("haidang", logging.INFO, "", 0, "before", None, None)
    before.created = 1_700_000_000.25
    asked.log.emit(before)
    for _ in range(1500):  # more than are held at most
        asked.log.answered(Answered("GET", "/who", 200, "203.0.113.7", None), 0.0123456, "id-of-one")
    told = asked.lines()
    assert [line["text"] for line in told] == ["before"] + ["answered"] * 1500
    assert told[0]["at"] == "2023-11-14T22:13:20.250+00:00"
    assert told[-1]["milliseconds"] == 12.35 and told[-1]["request"] == "id-of-one" and told[-1]["key"] is None


def test_an_error_is_in_the_log_with_its_trace_and_not_in_the_answer(
    behind: Callable[..., Asked],
) -> None:
    asked = behind()
    logging.getLogger("serving").addHandler(asked.log)
    told = problem_of(asked.get("/broken"), 500)
    logging.getLogger("serving").removeHandler(asked.log)
    assert "swordfish" not in told.model_dump_json() and "Traceback" not in told.model_dump_json()
    failed = next(line for line in asked.lines() if line["level"] == "error")
    assert "RuntimeError" in str(failed["error"])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("asked with hd_0a1b2c3d_Zm9v-_YmFy today", "asked with hd_0a1b2c3d_(withheld) today"),
        ("{'Authorization': 'Bearer abc.def'}", "{'Authorization': 'Bearer (withheld)'}"),
        ("postgresql+psycopg://an:s3cret@db/haidang", "postgresql+psycopg://an:(withheld)@db/haidang"),
        ("GET https://api.example/v1?apikey=12ab&day=1", "GET https://api.example/v1?apikey=(withheld)&day=1"),
        ("password = 'x y'", "password = '(withheld) y'"),
        ("unknown hazard 'rian': there is heavy_rain", "unknown hazard 'rian': there is heavy_rain"),
    ],
)
def test_secrets_are_withheld_from_the_log(text: str, left: str) -> None:
    assert without_secrets(text) == left


def test_labels_of_metrics_do_not_grow_with_what_callers_send(behind: Callable[..., Asked]) -> None:
    asked = behind()
    for number in range(20):
        asked.get(f"/things/{number}")
        asked.get(f"/scan/{number}.php")
    told = asked.metrics.told().decode()
    assert 'haidang_request_seconds_count{method="GET",route="/things/{name}",status="200"} 20.0' in told
    assert 'haidang_request_seconds_count{method="GET",route="unmatched",status="404"} 20.0' in told
    assert "php" not in told


def test_how_long_requests_took_is_told_by_how_many_took_at_most_so_long() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.0011, 0.02, 40.0):
        metrics.answered({"method": "GET"}, 200, seconds)
    about = '{method="GET",route="unmatched",status="200"'
    told = metrics.told().decode()
    for bound, many in (("0.001", 1), ("0.0025", 2), ("0.01", 2), ("0.02", 3), ("30.0", 3), ("+Inf", 4)):
        assert f'haidang_request_seconds_bucket{{le="{bound}",{about[1:]}}} {many}.0' in told
    assert f"haidang_request_seconds_sum{about}}} 40.0221" in told


def test_settings_come_from_the_file_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "service.toml").write_text("public = false\nkey_burst = 7\n", encoding="utf-8")
    monkeypatch.setenv("HAIDANG_SERVICE_KEY_BURST", "9")
    settings = ServiceSettings(home=tmp_path)
    assert (settings.public, settings.key_burst, settings.address_burst) == (False, 9, 100)
    (tmp_path / "service.toml").write_text("pubic = false\n", encoding="utf-8")
    with pytest.raises(ValueError, match="pubic"):
        ServiceSettings(home=tmp_path)


def test_a_caller_without_a_gate_is_anybody() -> None:
    request = Request({"type": "http", "headers": []})
    assert asyncio.run(caller_of(request)) == Caller()
