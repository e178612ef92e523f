"""The climatology of standard scores: the chance of an index such as the SPI is that of the normal law."""

from scipy.special import ndtr

from models.climate.known_chance import KnownChance
from models.exceedance import Floats


class NormalChance(KnownChance):
    """`P(score >= cut) = 1 - Phi(cut)`."""

    def _chance(self, cuts: Floats) -> Floats:
        return ndtr(-cuts)
