"""Bias adjustment: a model's values are moved so that its past has the distribution of the observations.

Quantile delta mapping (Cannon et al. 2015, doi:10.1175/JCLI-D-14-00754.1) by xsdba: at each quantile the model's own
change from the reference years stays, as a difference for temperature and as a ratio for rain; only the bias at that
quantile in the reference years goes. Each calendar month is adjusted by itself, and each stretch of years by itself.
The frequency of rain is adapted first where a model has more dry days than were observed (Themeßl et al. 2012,
doi:10.1007/s10584-011-0224-4).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import xarray as xr
from xsdba import QuantileDeltaMapping

MONTHS = range(1, 13)
_QUANTILES = 50
_DRY = "0.05 mm/d"  # below it rain is none, as in the R package MBC by the method's author
_DRY_MM = 0.05
_FOR_RAIN: Mapping[str, str] = {"kind": "*", "adapt_freq_thresh": _DRY, "jitter_under_thresh_value": _DRY}


class Adjustment:
    """A bias adjustment that was trained on some years.

    Both are of dims (site, time), over the same days, with NaN where nothing is known.
    """

    def __init__(self, observed: xr.DataArray, modelled: xr.DataArray, *, seed: int = 0) -> None:
        """Trains it, month by month.

        Args:
            observed: what was observed, units mm/d or degC.
            modelled: what the model says of the same days, in the same unit.
            seed: of the drizzle that xsdba draws for dry days.
        """
        self.is_rain = observed.attrs["units"] == "mm/d"
        self._seed = seed
        settings = _FOR_RAIN if self.is_rain else {"kind": "+"}
        with _drawing(seed):
            self._by_month = [
                QuantileDeltaMapping.train(
                    _of(observed, month), _of(modelled, month), group="time", nquantiles=_QUANTILES, **settings
                )
                for month in MONTHS
            ]

    def __call__(self, modelled: xr.DataArray) -> xr.DataArray:
        """Adjusts one stretch of years; its quantiles are those of this stretch.

        Args:
            modelled: dims (site, time), in the unit of the training.

        Returns:
            The same dims and unit; NaN stays.
        """
        with _drawing(self._seed):
            months = [
                by_month.adjust(_of(modelled, month), interp="linear")
                for month, by_month in zip(MONTHS, self._by_month, strict=True)
            ]
        whole = xr.concat(months, "time", coords="minimal", compat="override").sortby("time")
        whole = whole.transpose("site", "time").assign_attrs(units=modelled.attrs["units"])
        return whole.where(~(whole < _DRY_MM), 0.0) if self.is_rain else whole


def _of(values: xr.DataArray, month: int) -> xr.DataArray:
    return values.isel(time=values["time"].dt.month.to_numpy() == month)


@contextmanager
def _drawing(seed: int) -> Iterator[None]:
    """Lets numpy's global generator, from which xsdba draws, begin at a seed for a while, then go on as it was."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
