"""What became of a fit: how it did, what a search of parameters found, and what the gate decides."""

import dataclasses
import json

from haidang.chain.fitting import Trained
from haidang.views.console import console, table_of
from haidang.views.scores import show_backtest
from training.decision import Decision
from training.tune import Tuned


def show_trained(trained: Trained) -> None:
    """What was fitted and how it did."""
    if trained.tested is not None:
        show_backtest(trained.tested)
    card = trained.forecaster.card
    simulated = " on SIMULATED data" * card.simulated
    learned = (
        f"a published rule{simulated}"
        if card.learned_until is None
        else f"learned from {card.rows:,} questions{simulated} until {card.learned_until:%Y-%m-%d}"
    )
    console.print(
        f"{card.hazard} {card.version}: {learned}; "
        f"registered as version {trained.tracked.registered_version}, run {trained.tracked.run_id}\n"
        f"{card.baselines_beaten}",
        highlight=False,
    )
    for one in card.borrowed:
        console.print(
            f"climatology at {one.cut:g} {card.unit}: a site borrows {one.median:.0%} from the others "
            f"({one.low:.0%} to {one.high:.0%})",
            highlight=False,
        )


def show_tuned(tuned: Tuned, run: str, *, as_json: bool = False) -> None:
    """What a search found, and the line to put into the hazard file if it is better by more than chance."""
    if as_json:
        told = dataclasses.asdict(tuned) | {
            "until": tuned.until.isoformat(),
            "trials": json.loads(tuned.trials.to_json(orient="records")),
            "verdict": tuned.verdict,
            "run": run,
        }
        console.print_json(json.dumps(told, ensure_ascii=False))
        return
    table = table_of("parameter", "declared", "best trial")
    for path, value in tuned.declared.items():
        table.add_row(path, f"{value:g}", f"{tuned.best[path]:g}")
    console.print(table)
    pruned = int((tuned.trials["state"] == "pruned").sum())
    console.print(
        f"{tuned.hazard}: {len(tuned.trials)} trials, {pruned} stopped early, of what was known by "
        f"{tuned.until:%Y-%m-%d}; in the last fold, which the search did not see, the best trial gains "
        f"{tuned.gain:+.5f} nats a question [{tuned.low:+.5f} {tuned.high:+.5f}] (n {tuned.questions:,}, 90 % by block "
        f"bootstrap); run {run}",
        highlight=False,
    )
    if tuned.verdict == "keep":
        console.print("keep what the hazard file declares: the gain is not above chance", highlight=False)
    for line in tuned.lines:
        console.print(f"put into the hazard file at {line}", highlight=False, markup=False, soft_wrap=True)


def show_decision(decision: Decision, *, as_json: bool) -> None:
    """What the gate says of a challenger, and why."""
    if as_json:
        console.print_json(json.dumps(decision.facts(), ensure_ascii=False))
        return
    told = {"promote": "thay / promote", "keep": "giữ / keep the champion", "refuse": "từ chối / refuse"}
    style = {"promote": "green", "keep": "yellow", "refuse": "red"}[decision.verdict]
    console.print(f"{decision.hazard}: {decision.challenger}: {told[decision.verdict]}", style=style, highlight=False)
    marks = {"holds": "+", "unproven": "?", "broken": "!"}
    for one in decision.findings:
        console.print(f"  {marks[one.found]} {one.vi}\n    {one.en}", highlight=False, soft_wrap=True, markup=False)


def show_promoted(hazard: str, registered: str, forecaster: str) -> None:
    """Who is champion now."""
    console.print(f"{hazard}: version {registered} ({forecaster}) is the champion", highlight=False)
