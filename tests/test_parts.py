"""Parts of a job: tried again if the fault may pass, never stopped by another's fault."""

from collections.abc import Mapping
from typing import NoReturn

import httpx
import pytest
from tenacity import wait_none

from features.errors import HaidangError
from haidang.operations.parts import Done, Part, do_parts, done_from_json, may_pass


class Failing:
    """Fails so many times with the given error, then says how often it was asked."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.asked = error, times, 0

    def __call__(self) -> str:
        self.asked += 1
        if self.asked <= self.times:
            raise self.error
        return f"asked {self.asked} times"


def done(parts: Mapping[str, Part], tries: int = 3) -> Done:
    return do_parts(lambda: parts, tries=tries, pause=wait_none())


def test_a_part_that_fails_does_not_stop_the_others() -> None:
    found = done(
        {"gauges": lambda: "5 entries", "radar": Failing(HaidangError("no key"), 9), "buoys": lambda: "2 entries"}
    )
    assert found == Done({"gauges": "5 entries", "buoys": "2 entries"}, {"radar": "no key"})
    assert (found.outcome, found.error) == ("partly", "radar: no key")


def test_a_fault_of_the_program_in_one_part_does_not_stop_the_others_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = done({"heat": Failing(KeyError("lead"), 9), "cold": lambda: "issued"})
    assert found == Done({"cold": "issued"}, {"heat": "KeyError: 'lead'"})
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("error", [ConnectionError("reset"), TimeoutError("late"), httpx.ConnectError("refused")])
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    part = Failing(error, 2)
    assert done({"radar": part}) == Done({"radar": "asked 3 times"}, {}, tries=3)


def test_what_may_pass_and_does_not_fails_after_the_last_try() -> None:
    part = Failing(ConnectionError("reset"), 9)
    found = done({"radar": part}, tries=2)
    assert (found.outcome, found.failed, found.tries, part.asked) == (
        "failed",
        {"radar": "ConnectionError: reset"},
        2,
        2,
    )


def test_what_cannot_pass_is_tried_once() -> None:
    part = Failing(HaidangError("unknown variable"), 9)
    assert (done({"radar": part}).tries, part.asked) == (1, 1)


def test_the_cause_of_an_error_says_whether_it_may_pass() -> None:
    told = HaidangError("rows could not be stored")
    told.__cause__ = TimeoutError()
    assert may_pass(told) and not may_pass(HaidangError("no such site"))


def test_where_the_parts_cannot_be_told_all_of_them_failed() -> None:
    def parts() -> NoReturn:
        raise HaidangError("haidang.toml is not TOML")

    found = do_parts(parts, tries=3, pause=wait_none())
    assert (found.outcome, found.error) == ("failed", "all parts: haidang.toml is not TOML")


def test_a_job_without_parts_is_finished() -> None:
    assert done({}).outcome == "finished"


def test_what_was_done_comes_through_as_text() -> None:
    found = Done({"mưa lớn": "đã phát hành"}, {"rét": "không có"}, tries=2)
    assert done_from_json(found.as_json()) == found
