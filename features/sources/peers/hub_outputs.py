"""What a row of a hub's model output says: its kind, its level, class or sample, and its value.

Output types and what they mean: https://docs.hubverse.io/en/latest/user-guide/model-output.html. The checks are those
that a hub makes of a submission: known output types, values in their range, one value for each task and output, and
quantiles, cdf and pmf that are those of one distribution.
"""

from types import MappingProxyType

import pandas as pd

from features.sources.peers.forecasts import used
from features.sources.tables.cells import read_numbers
from features.sources.tables.mapping import Written
from features.sources.tables.readings import refuse

KINDS = MappingProxyType(
    {
        "mean": "mean",
        "median": "median",
        "quantile": "quantile",
        "cdf": "probability",
        "pmf": "class",
        "sample": "sample",
    }
)
"""Output type -> kind of the kept table `peers`."""
OUTPUT = ("output_type", "output_type_id", "value")
TASK = ("peer", "target", "location", "issued", "end")
_ROUNDING = 1e-3


class ModelOutput(Written):
    """How the files of a hub are written."""

    missing: tuple[str, ...] = ("", "NA")

    @property
    def read_columns(self) -> tuple[str, ...]:
        return OUTPUT


WRITTEN = ModelOutput()


def numbers(records: pd.DataFrame, column: str) -> pd.Series:
    """A column as numbers; NaN where there is none."""
    return pd.Series(read_numbers(records[column], WRITTEN)[0], index=records.index)


def representations(records: pd.DataFrame) -> pd.DataFrame:
    """Reads what each record says, and refuses what says nothing.

    Returns:
        Columns output_type, kind, at, label and value; the last four as in the kept table `peers`.
    """
    kind, text = records["output_type"], records["output_type_id"]
    number, value = numbers(records, "output_type_id"), numbers(records, "value")
    point, numbered, share = kind.isin(["mean", "median"]), kind.isin(["quantile", "cdf"]), kind.isin(["cdf", "pmf"])
    tests = (
        (~kind.isin(KINDS), f"the output_type is none of {', '.join(KINDS)}"),
        (value.isna(), "the value is not a number"),
        (point & ~text.isin(WRITTEN.missing), "a mean or median has an output_type_id"),
        (~point & text.isin(WRITTEN.missing), "the output_type_id is missing"),
        (numbered & number.isna(), "the output_type_id is not a number"),
        ((kind == "quantile") & ~number.between(0, 1), "the level of the quantile is not from 0 to 1"),
        (share & ~value.between(0, 1), "the probability is not from 0 to 1"),
    )
    for failed, why in tests:
        _refuse(records, failed, why)
    labelled = (kind == "pmf") | ((kind == "sample") & number.isna())
    return pd.DataFrame(
        {
            "output_type": kind,
            "kind": kind.map(dict(KINDS)),
            "at": number.mask(labelled | point, 0.0),
            "label": text.where(labelled, ""),
            "value": value.mask(kind == "cdf", (1 - value).round(12)),
        }
    )


def refuse_incoherent(records: pd.DataFrame, forecasts: pd.DataFrame) -> None:
    """Refuses the quantiles, cdf or pmf of a task that cannot be those of one distribution.

    Args:
        records: of a file.
        forecasts: what they say, columns of `TASK` and `representations`; the rows of `records`.
    """
    good = forecasts[used(records)].sort_values("at", kind="stable")
    task = list(TASK)
    for output_type, of_type in good.groupby("output_type"):
        value = of_type.groupby(task)["value"]
        if output_type == "pmf":
            wrong, why = (value.transform("sum") - 1).abs() > _ROUNDING, "the classes of its task do not sum to 1"
        elif output_type == "quantile":
            wrong, why = value.diff() < 0, "the quantiles of its task cross"
        elif output_type == "cdf":
            wrong, why = value.diff() > 0, "the cdf of its task falls"  # kept as 1 - P, which may not rise
        else:
            continue
        in_task = wrong.groupby([of_type[name] for name in task]).transform("any")
        _refuse(records, records.index.to_series().isin(in_task.index[in_task]), why)


def _refuse(records: pd.DataFrame, failed: pd.Series, why: str) -> None:
    refuse(
        records, failed.to_numpy(dtype=bool), lambda bad: [
            f"{row.output_type} {row.output_type_id} is {row.value}: {why}" for row in bad.itertuples()
        ],
    )  # fmt: skip
