"""What a backtest leaves at rest: its questions with every answer and what came, so that it can be judged again later.

A challenger is judged by the answers that its own rolling refits gave to questions that they had not seen, and which
were kept when it was fitted; each answer says until when whoever gave it had learned.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.spread import HIGH, LOW
from training.backtest import FORECASTERS, Backtest

_INDEX = ["issue_time", "site", "period"]
_OUTCOME, _LEARNED, _QUANTILE = "outcome", "learned_until", "quantile"


@dataclass(frozen=True)
class KeptAnswers:
    """Answers to past questions.

    Attributes:
        outcome: what came, in the target's unit; index (issue_time, site, period).
        probabilities: for model, climatology and persistence one column per cut, same index.
        quantiles: of the model, one column per level, same index; no column where it tells none.
        learned_until: the last issue time that whoever answered had learned from, same index.
    """

    outcome: pd.Series
    probabilities: dict[str, pd.DataFrame]
    quantiles: pd.DataFrame
    learned_until: pd.Series

    def table(self) -> pd.DataFrame:
        """One row per question, for a file; probabilities and quantiles in single precision."""
        parts = [frame.set_axis([f"{name} {cut}" for cut in frame], axis=1) for name, frame in self._frames()]
        told = pd.concat(parts, axis=1).astype(np.float32)
        return told.assign(**{_OUTCOME: self.outcome, _LEARNED: self.learned_until}).reset_index()

    def at(self, index: pd.Index) -> "KeptAnswers":
        """The same for some of the questions, in their order."""
        probabilities = {name: frame.loc[index] for name, frame in self.probabilities.items()}
        return KeptAnswers(
            self.outcome.loc[index], probabilities, self.quantiles.loc[index], self.learned_until.loc[index]
        )

    def _frames(self) -> list[tuple[str, pd.DataFrame]]:
        return [*self.probabilities.items(), (_QUANTILE, self.quantiles)]


def kept_answers(tested: Backtest) -> KeptAnswers:
    """What is kept of a backtest.

    Raises:
        ValueError: if it does not say until when its models learned.
    """
    if tested.learned_until is None:
        raise ValueError(f"the backtest of {tested.hazard.name} does not say until when its models learned")
    told = tested.quantiles.get("model", pd.DataFrame(index=tested.outcome.index))
    by_level = told.drop(columns=[LOW, HIGH], errors="ignore")
    return KeptAnswers(tested.outcome, tested.probabilities, by_level, tested.learned_until)


def answers_of_table(table: pd.DataFrame) -> KeptAnswers:
    """Reads what `KeptAnswers.table` wrote."""
    held = table.set_index(_INDEX)

    def of(name: str) -> pd.DataFrame:
        told = [column for column in map(str, held) if column.startswith(f"{name} ")]
        columns = {column: float(column.removeprefix(f"{name} ")) for column in told}
        return held[list(columns)].rename(columns=columns).astype(float)

    probabilities = {name: of(name) for name in FORECASTERS}
    return KeptAnswers(held[_OUTCOME], probabilities, of(_QUANTILE), held[_LEARNED])
