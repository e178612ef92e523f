"""The climatology of percentiles: the chance of a class is what its bounds say, 67 % above the lower tercile."""

from models.climate.known_chance import KnownChance
from models.exceedance import Floats


class ClassChance(KnownChance):
    """`P(percentile >= cut) = 1 - cut / 100`."""

    def _chance(self, cuts: Floats) -> Floats:
        return 1 - cuts / 100
