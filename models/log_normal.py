"""Log-normal forecasts: `log(1 + outcome)` given the features is normal, with a mean and a spread of its own."""

import numpy as np

from models.exceedance import Floats
from models.normal import MeanAndSpread


class LogNormal(MeanAndSpread):
    """The logarithm is normal, such as that of a wind speed: Baran and Lerch 2015, doi:10.1002/qj.2521."""

    def _measured(self, cuts: Floats) -> Floats:
        return np.log1p(cuts)
