"""The unit files for systemd, cron and Kubernetes: they parse, and every command in them is one of the command line."""

import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
import typer
import yaml
from apscheduler.triggers.cron import CronTrigger

from haidang import cli

UNITS = Path(cli.__file__).parent / "units"
COMMANDS = typer.main.get_group(cli.app)


def unit(name: str) -> ConfigParser:
    parsed = ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment]
    parsed.read(UNITS / name)
    return parsed


def cron_lines() -> Iterator[tuple[str, list[str]]]:
    """The times and the words of each line; the sixth field of a file in /etc/cron.d is the user."""
    for line in (UNITS / "haidang.cron").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and "=" not in line.split()[0]:
            fields = line.split(maxsplit=6)
            yield " ".join(fields[:5]), shlex.split(fields[6])


def cron_jobs() -> list[dict[str, dict[str, object]]]:
    return list(yaml.safe_load_all((UNITS / "kubernetes.yaml").read_text(encoding="utf-8")))


def words_of(job: dict[str, dict[str, object]]) -> list[str]:
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]  # type: ignore[index]
    return list(container["command"])


def every_command() -> Iterator[list[str]]:
    for file in sorted(UNITS.glob("*.service")):
        yield shlex.split(unit(file.name)["Service"]["ExecStart"])
    yield from (words for _, words in cron_lines())
    yield from map(words_of, cron_jobs())


def test_every_file_is_of_a_kind_that_is_checked_here() -> None:
    assert {file.suffix for file in UNITS.iterdir()} == {".service", ".timer", ".cron", ".yaml", ".conf"}


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_is_one_of_the_command_line_with_options_that_it_knows(words: list[str]) -> None:
    assert Path(words[0]).name == "haidang"
    assert words[1] in COMMANDS.commands
    COMMANDS.commands[words[1]].make_context(words[1], words[2:])


@pytest.mark.parametrize("timer", sorted(file.name for file in UNITS.glob("*.timer")))
def test_every_timer_starts_a_service_that_ends_by_itself(timer: str) -> None:
    assert unit(timer)["Timer"]["OnCalendar"]
    assert unit(timer.replace(".timer", ".service"))["Service"]["Type"] == "oneshot"


def test_every_cron_line_has_a_time() -> None:
    lines = [*(times for times, _ in cron_lines()), *(str(job["spec"]["schedule"]) for job in cron_jobs())]
    assert len(lines) == 4
    for line in lines:
        CronTrigger.from_crontab(line)


def test_pods_of_one_job_never_overlap() -> None:
    assert {job["spec"]["concurrencyPolicy"] for job in cron_jobs()} == {"Forbid"}
    assert {job["kind"] for job in cron_jobs()} == {"CronJob"}


def test_dagster_tells_its_makers_nothing() -> None:
    assert yaml.safe_load((UNITS / "dagster.yaml").read_text(encoding="utf-8")) == {"telemetry": {"enabled": False}}
