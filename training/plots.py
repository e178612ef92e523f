"""Figures of a backtest: reliability diagram and skill by lead."""

import numpy as np
from matplotlib.figure import Figure

from models.forecaster import Skill
from training.backtest import Backtest
from training.scores import reliability


def reliability_diagram(backtest: Backtest, cut: float) -> Figure:
    """CORP reliability diagram of the model at a cut, with the histogram of its forecasts."""
    curve = reliability(backtest, cut)
    figure = Figure(figsize=(5, 5.6), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(5, 1), sharex=True)
    above.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    above.plot(curve.forecast, curve.conditional, color="C0", drawstyle="steps-mid")
    above.set(
        ylabel="event frequency",
        xlim=(0, 1),
        ylim=(0, 1),
        title=f"{backtest.hazard.title_en}: P(outcome ≥ {cut:g} {backtest.hazard.target.unit})\n"
        f"MCB {curve.miscalibration:.4f}   DSC {curve.discrimination:.4f}   UNC {curve.uncertainty:.4f}",
    )
    below.hist(curve.forecast, bins=np.linspace(0, 1, 21), color="C0")
    below.set(xlabel="forecast probability", yscale="log", ylabel="n")
    return figure


def skill_figure(backtest: Backtest, skill: tuple[Skill, ...]) -> Figure:
    """Brier skill by lead against both baselines, one panel per cut, with the 90 % interval."""
    cuts = [cut for cut in backtest.hazard.target.cuts if any(row.cut == cut for row in skill)]
    figure = Figure(figsize=(3.2 * len(cuts), 3.4), layout="constrained")
    panels = figure.subplots(1, len(cuts), sharey=True, squeeze=False)[0]
    for panel, cut in zip(panels, cuts, strict=True):
        rows = [row for row in skill if row.cut == cut]
        leads = np.array([row.lead for row in rows], dtype=float)
        for shift, (name, colour) in enumerate((("climatology", "C0"), ("persistence", "C1"))):
            value = np.array([getattr(row, f"skill_{name}") for row in rows])
            low = np.array([getattr(row, f"skill_{name}_low") for row in rows])
            high = np.array([getattr(row, f"skill_{name}_high") for row in rows])
            spread = np.clip(np.stack([value - low, high - value]), 0, None)
            panel.errorbar(leads + 0.15 * shift, value, spread, fmt="o-", color=colour, label=f"against {name}", ms=4)
        panel.axhline(0, color="0.7", linewidth=1)
        panel.set(title=f"≥ {cut:g} {backtest.hazard.target.unit}", xlabel="lead (days)", ylim=(-0.5, 1))
    panels[0].set_ylabel("Brier skill")
    panels[-1].legend(frameon=False)
    return figure
