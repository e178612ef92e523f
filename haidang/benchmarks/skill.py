"""`make bench-skill`: the table of skill of every hazard on fresh simulated years, each figure with its interval.

For each seed a world is simulated to learn from and another one to be judged on, after the last year that was learned
from. What is kept of a judged hazard is small and is not made again while the hazard and the code beneath it stay as
they are: a run that was stopped goes on where it was, and only a changed hazard is redone. A hazard that fails is told
with its reason, and the others go on.
"""

import argparse
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from threadpoolctl import threadpool_limits

from features.settings import keep_tools_quiet

keep_tools_quiet()

from features.sources.simulated import SimulatedProvince  # noqa: E402
from haidang.benchmarks.judging import Judged, Results, Trial, can_be_judged, hides_states, run_trial  # noqa: E402
from haidang.benchmarks.skill_report import write_report  # noqa: E402
from models.catalogue import hazard_named, read_hazards  # noqa: E402

DEFAULT_OUT = Path("var/bench-skill")
CEILING_YEARS = 120


def asked_for(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m haidang.benchmarks.skill", description=__doc__)
    parser.add_argument("hazards", nargs="*", metavar="HAZARD", help="all that the simulated province can tell of")
    parser.add_argument("--seeds", type=int, default=3, help="worlds to learn from, each with fresh years of its own")
    parser.add_argument("--years", type=int, default=30, help="years to learn from")
    parser.add_argument("--test-years", type=int, default=4, help="fresh years to be judged on")
    parser.add_argument(
        "--ceiling",
        nargs="*",
        metavar="HAZARD",
        help="whose observable ceiling is learned too; all with hidden states",
    )
    parser.add_argument("--ceiling-years", type=int, default=CEILING_YEARS, help="years that it is learned from")
    parser.add_argument("--processes", type=int, default=2, help="trials at a time, of one thread each")
    parser.add_argument("--report", action="store_true", help="only write the table of what was judged before")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder of worlds, results and table")
    return parser.parse_args(words)


def trials_of(asked: argparse.Namespace) -> list[Trial]:
    """Every hazard with every seed, those with the most questions first.

    Raises:
        UnknownNameError: if a hazard is not known.
    """
    known = read_hazards()
    named = [hazard_named(known, name) for name in asked.hazards]
    named = named or [hazard for hazard in known.values() if can_be_judged(hazard)]
    with_ceiling = {hazard_named(known, name).name for name in asked.ceiling or ()}
    if asked.ceiling == []:
        with_ceiling = {hazard.name for hazard in named if hides_states(hazard)}
    trials = [
        Trial(hazard, seed, asked.years, asked.test_years, asked.ceiling_years * (hazard.name in with_ceiling))
        for hazard in named
        for seed in range(1, asked.seeds + 1)
    ]
    return sorted(trials, key=lambda one: -one.hazard.periods.count / one.hazard.train_every_days)


def run(trials: Iterable[Trial], out: Path, *, processes: int) -> None:
    """Runs the trials that are not kept yet, each in a process of its own, and tells of each."""
    results = Results(out)
    waiting = [trial for trial in trials if (held := results.judged(trial)) is None or held.failed is not None]
    began = time.perf_counter()
    _make_worlds(waiting, out, processes)
    with ThreadPoolExecutor(processes) as threads:
        running = {threads.submit(_alone, trial, out): trial for trial in waiting}
        for done, future in enumerate(as_completed(running), start=1):
            trial, judged = running[future], future.result()
            if judged.failed is not None:
                results.keep(trial, judged, None)
            told = judged.failed or ", ".join(f"{step} {seconds:.0f} s" for step, seconds in judged.seconds.items())
            _tell(f"[{done}/{len(waiting)}] {trial.name}: {told}", began)


def _make_worlds(trials: Iterable[Trial], out: Path, processes: int) -> None:
    """Makes the worlds that are not there, so that no two trials make the same one."""
    worlds = {str(world): world for trial in trials for world in (trial.learned_from, trial.fresh)}
    began = time.perf_counter()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as makers:
        for done, told in enumerate(makers.map(_make, worlds.values(), [out] * len(worlds)), start=1):
            _tell(f"world {done} of {len(worlds)}: {told}", began)


def _make(world: SimulatedProvince, out: Path) -> str:
    Results(out).world(world)
    return f"{world.years} years, seed {world.seed}"


def _alone(trial: Trial, out: Path) -> Judged:
    """Runs a trial in a process of its own, so that whatever goes wrong there, memory among it, ends only that one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        future = process.submit(
            _run, trial.hazard.name, trial.seed, trial.years, trial.test_years, trial.ceiling_years, out
        )
        error = future.exception()
        return future.result() if error is None else Judged(trial.key, failed=f"{type(error).__name__}: {error}")


def _run(name: str, seed: int, years: int, test_years: int, ceiling_years: int, out: Path) -> Judged:
    with threadpool_limits(1):
        return run_trial(Trial(read_hazards()[name], seed, years, test_years, ceiling_years), Results(out))


def _tell(text: str, began: float) -> None:
    print(f"{(time.perf_counter() - began) / 60:6.1f} min  {text}", flush=True)


def main(words: Sequence[str] | None = None) -> None:
    """Judges what is not judged yet, and writes the table."""
    asked = asked_for(words)
    trials = trials_of(asked)
    if not asked.report:
        run(trials, asked.out, processes=asked.processes)
    for file in write_report(trials, Results(asked.out), asked.out):
        print(file)


if __name__ == "__main__":
    main()
