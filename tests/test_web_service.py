"""A provider that is slow, busy, broken, or gone, and files that arrive whole or not at all."""

import errno
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from features.errors import HaidangError
from features.sources.web.service import ProviderError, WebService

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def service(httpserver: HTTPServer) -> WebService:
    return WebService("Somebody", httpserver.url_for(""), first_wait_seconds=0.01, busy_wait_seconds=0.02, attempts=3)


def changed(service: WebService, **changes: object) -> WebService:
    fields = {name: getattr(service, name) for name in service.__dataclass_fields__}
    return WebService(**fields | changes)  # type: ignore[arg-type]


def first(httpserver: HTTPServer, answer: Response, then: object = None) -> None:
    """The first question gets an answer, the next one another."""
    httpserver.expect_ordered_request("/day").respond_with_response(answer)
    if then is not None:
        httpserver.expect_ordered_request("/day").respond_with_json(then)


def refusal(service: WebService, path: str = "/day", **parameters: str) -> str:
    with pytest.raises(ProviderError) as caught:
        service.json(path, parameters)
    return str(caught.value)


class RawServer:
    """Sends the same bytes to whoever asks, so many times on a connection, and then closes it."""

    def __init__(self, sent: bytes, *, answers: int = 1) -> None:
        self.sent, self.answers, self.connections = sent, answers, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                asking, _ = self.listening.accept()
            except OSError:
                return
            self.connections += 1
            with asking:
                for _ in range(self.answers):
                    if asking.recv(65536):
                        asking.sendall(self.sent)

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listening.close()


@pytest.fixture
def raw_server() -> Iterator[Callable[..., RawServer]]:
    opened: list[RawServer] = []

    def serving(sent: bytes, **stated: int) -> RawServer:
        opened.append(RawServer(sent, **stated))
        return opened[-1]

    yield serving
    for server in opened:
        server.close()


def test_an_answer_is_json_and_questions_carry_the_parameters_of_the_service(
    httpserver: HTTPServer, service: WebService
) -> None:
    asked = {"units": "si", "day": "2024-01-01"}
    httpserver.expect_request("/day", query_string=asked, headers={"Agent": "x"}).respond_with_json({"rain": [1, None]})
    known = changed(service, parameters={"units": "si"}, headers={"Agent": "x"})
    assert known.json("/day", {"day": "2024-01-01"}) == {"rain": [1, None]}
    httpserver.expect_request("/text").respond_with_data("mưa", content_type="text/plain; charset=utf-8")
    assert known.text("/text") == "mưa"


def test_one_connection_serves_many_questions(raw_server: Callable[..., RawServer], service: WebService) -> None:
    server = raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", answers=3)
    kept = changed(service, address=server.address)
    assert [kept.json("/day") for _ in range(3)] == [{}, {}, {}]
    assert server.connections == 1


def test_a_slow_answer_is_asked_for_again(httpserver: HTTPServer, service: WebService) -> None:
    waits = iter([0.4])

    def slow_at_first(_: Request) -> Response:
        time.sleep(next(waits, 0.0))
        return Response("{}", headers=JSON)

    httpserver.expect_request("/day").respond_with_handler(slow_at_first)
    assert changed(service, timeout_seconds=0.25).json("/day") == {}


def test_an_answer_that_does_not_come_is_named(service: WebService) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        told = refusal(changed(service, address=address, timeout_seconds=0.05, attempts=2), day="2024-01-01")
    assert told == "Somebody /day day=2024-01-01: no answer within 0.05 s; ask again later"


def test_a_busy_provider_is_left_alone_for_as_long_as_it_says(httpserver: HTTPServer, service: WebService) -> None:
    first(httpserver, Response("{}", 429, {"Retry-After": "1"}), {"rain": 1})
    begun = time.monotonic()
    assert service.json("/day") == {"rain": 1}
    assert 1.0 <= time.monotonic() - begun < 2.0


def test_the_moment_until_which_it_is_busy_is_by_its_own_clock(
    raw_server: Callable[..., RawServer], service: WebService
) -> None:
    head = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nDate: Mon, 05 Mar 2001 07:00:00 GMT\r\n"
    server = raw_server(head + b"Retry-After: Mon, 05 Mar 2001 07:00:01 GMT\r\n\r\n")
    begun = time.monotonic()
    assert "503 Busy" in refusal(changed(service, address=server.address, attempts=2))
    assert 1.0 <= time.monotonic() - begun < 2.0
    lasting = raw_server(head + b"Retry-After: Tue, 06 Mar 2001 07:00:00 GMT\r\n\r\n")
    assert "left alone for 86400 s" in refusal(changed(service, address=lasting.address))


@pytest.mark.parametrize("stated", ["soon", "²", "Mon, 05 Mar 2001 07:00:01 -0000", ""])
def test_a_wait_that_cannot_be_read_counts_as_none(httpserver: HTTPServer, service: WebService, stated: str) -> None:
    first(httpserver, Response("{}", 429, {"Retry-After": stated.encode().decode("latin-1")}), {"rain": 3})
    assert service.json("/day") == {"rain": 3}


def test_a_provider_that_is_busy_for_too_long_is_given_up_at_once(httpserver: HTTPServer, service: WebService) -> None:
    first(httpserver, Response('{"reason": "Daily limit"}', 429, {"Retry-After": "7200"}))
    told = refusal(service)
    assert "429 TOO MANY REQUESTS: Daily limit; it asks to be left alone for 7200 s: run the command again" in told
    assert len(httpserver.log) == 1


def test_without_a_stated_wait_a_busy_provider_gets_the_longer_pause(
    httpserver: HTTPServer, service: WebService
) -> None:
    first(httpserver, Response('{"error": true, "reason": "Minutely API request limit exceeded."}', 429), {"rain": 4})
    begun = time.monotonic()
    assert changed(service, busy_wait_seconds=0.5).json("/day") == {"rain": 4}
    assert time.monotonic() - begun >= 0.5


def test_a_fault_of_the_server_passes_and_a_lasting_one_is_told(httpserver: HTTPServer, service: WebService) -> None:
    for status in (500, 502):
        httpserver.expect_ordered_request("/day").respond_with_data("<h1>Oops</h1>", status=status)
    httpserver.expect_ordered_request("/day").respond_with_json({"rain": 5})
    assert service.json("/day") == {"rain": 5}
    for _ in range(3):
        httpserver.expect_ordered_request("/day").respond_with_data("under repair", status=503)
    assert refusal(service) == "Somebody /day: 503 SERVICE UNAVAILABLE: under repair; ask again later"
    assert len(httpserver.log) == 6


def test_what_the_provider_refuses_is_not_asked_again(httpserver: HTTPServer, service: WebService) -> None:
    reason = "Parameter 'end_date' is out of allowed range from 1940-01-01 to 2024-01-02"
    httpserver.expect_request("/day").respond_with_json({"error": True, "reason": reason}, status=400)
    assert refusal(service) == f"Somebody /day: 400 BAD REQUEST: {reason}; mend what was asked, or the key"
    assert len(httpserver.log) == 1
    httpserver.expect_request("/power").respond_with_json({"header": "POWER", "messages": ["bad date"]}, status=422)
    assert "422 UNPROCESSABLE ENTITY: ['bad date']" in refusal(service, "/power")


@pytest.mark.parametrize("body", ['{"rain": [1, 2', "", "<html>Please log in</html>", b"\xff\xfe\xfa"])
def test_an_answer_that_is_no_whole_json_is_asked_for_again(
    httpserver: HTTPServer, service: WebService, body: str | bytes
) -> None:
    first(httpserver, Response(body, headers=JSON), {"rain": 6})
    assert service.json("/day") == {"rain": 6}


def test_an_answer_that_stays_cut_short_is_named(
    raw_server: Callable[..., RawServer], httpserver: HTTPServer, service: WebService
) -> None:
    httpserver.expect_request("/day").respond_with_data('{"rain": [1, 2', content_type="application/json")
    assert "the answer is cut short or no JSON: Expecting" in refusal(service)
    broken = raw_server(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"rain": [1, 2')
    assert "the connection failed: peer closed connection" in refusal(changed(service, address=broken.address))


def test_a_connection_that_breaks_or_is_not_there_is_named(
    raw_server: Callable[..., RawServer], service: WebService
) -> None:
    assert "the connection failed: Server disconnected" in refusal(changed(service, address=raw_server(b"").address))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "the connection failed" in refusal(changed(service, address=f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize("address", ["somewhere.org", "ftp://somewhere.org", "http://[::1"])
def test_an_address_that_is_none_is_told_at_once(service: WebService, address: str) -> None:
    lasting = changed(service, address=address, first_wait_seconds=60.0)
    assert f"check the address {address}" in refusal(lasting)


def test_a_circle_of_redirections_is_told_at_once(httpserver: HTTPServer, service: WebService) -> None:
    httpserver.expect_request("/day").respond_with_data("", status=302, headers={"Location": "/day"})
    assert "Exceeded maximum allowed redirects" in refusal(changed(service, first_wait_seconds=60.0))


def test_a_key_stands_neither_in_an_error_nor_in_a_log(
    httpserver: HTTPServer, service: WebService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = changed(service, parameters={"apikey": "s3cret"}, headers={"Authorization": "Bearer t0ken"})
    echo = {"reason": "API key s3cret and t0ken are invalid"}
    httpserver.expect_request("/day", query_string="apikey=s3cret&token=mine").respond_with_json(echo, status=403)
    told = refusal(keys, token="mine")
    assert "API key *** and *** are invalid" in told
    assert "mine" not in told
    spoilt = changed(service, headers={"X-Api-Key": "two\nlines"}, first_wait_seconds=60.0)
    assert "two" not in refusal(spoilt)
    assert "s3cret" not in " ".join(record.getMessage() for record in caplog.records if record.name == "httpx")


def test_long_questions_are_told_short_and_each_part_of_them(service: WebService) -> None:
    nowhere = changed(service, address="nowhere", parameters={"zone": "x"})
    told = refusal(nowhere, latitude=",".join(["20.95"] * 50), day="2024-01-01")
    assert "latitude=20.95,20.95,20.95,20.95,20.95,20.95,20.9&day=2024-01-01:" in told


def test_questions_keep_their_distance_by_weight(httpserver: HTTPServer, service: WebService) -> None:
    httpserver.expect_request("/day").respond_with_json({})
    polite = changed(service, pause_seconds=0.1)
    begun = time.monotonic()
    polite.json("/day", weight=3.0)
    assert time.monotonic() - begun < 0.3
    polite.json("/day")
    assert time.monotonic() - begun >= 0.3
    polite.json("/day")
    assert time.monotonic() - begun >= 0.4


def test_a_file_arrives_whole_and_replaces_the_one_that_stood_there(
    httpserver: HTTPServer, service: WebService, tmp_path: Path
) -> None:
    whole = bytes(range(256)) * 4096
    httpserver.expect_request("/grid.nc", query_string="part=1").respond_with_data(whole)
    file = tmp_path / "grids" / "grid.nc"
    file.parent.mkdir()
    file.write_bytes(b"old")
    assert service.download("/grid.nc", file, {"part": 1}) == file
    assert file.read_bytes() == whole
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_breaks_off_is_fetched_again_and_if_it_stays_so_nothing_stands_there(
    raw_server: Callable[..., RawServer], service: WebService, tmp_path: Path
) -> None:
    server = raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
    broken = changed(service, address=server.address)
    with pytest.raises(ProviderError, match="Somebody /grid.nc: the connection failed: peer closed"):
        broken.download("/grid.nc", tmp_path / "grid.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_refused_leaves_the_old_one(httpserver: HTTPServer, service: WebService, tmp_path: Path) -> None:
    httpserver.expect_request("/grid.nc").respond_with_data("no such file", status=404)
    (tmp_path / "grid.nc").write_bytes(b"old")
    with pytest.raises(ProviderError, match="404 NOT FOUND: no such file"):
        service.download("/grid.nc", tmp_path / "grid.nc")
    assert (tmp_path / "grid.nc").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "grid.nc"]


def test_a_full_disk_is_named_and_nothing_is_left_on_it(
    httpserver: HTTPServer, service: WebService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/grid.nc").respond_with_data(b"x" * 1000)

    def full(_: httpx.Response) -> Iterator[bytes]:
        yield b"x" * 500
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(httpx.Response, "iter_bytes", full)
    with pytest.raises(HaidangError, match=r"Somebody /grid.nc: .*grid.nc cannot be written: No space left on device"):
        service.download("/grid.nc", tmp_path / "grid.nc")
    assert list(tmp_path.iterdir()) == []
    assert len(httpserver.log) == 1


def test_a_folder_that_cannot_be_made_is_named(service: WebService, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(HaidangError, match="cannot be written"):
        service.download("/grid.nc", tmp_path / "taken" / "grid.nc")
