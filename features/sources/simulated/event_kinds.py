"""Kinds of mass death in marine farming: how often they begin, and what the sea does for them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.sources.simulated.chance import Walk
from features.sources.simulated.laws import Array
from features.sources.simulated.water import Water

Flags = npt.NDArray[np.bool_]

PAST_DAYS = 21

_JUVENILES = (0.33, 0.835)
_DRY_SPRING = (0.12, 0.33)
_BARREN = -30.0


@dataclass(frozen=True)
class EventKind:
    """A kind of mass death; rates are set so that 1 to 2 % of zone-weeks see one of fish, 0.5 to 1 % one of molluscs.

    Attributes:
        name: of the event.
        stock: attribute of the sites that can have it, above 0 where there is stock.
        contagion: what events here and near by add to the logarithm of the daily rate, at most.
        hidden: what nobody measures, on a log scale.
        stress: logarithm of the daily rate without the two, shape (..., site), of the water and the blooms of 22 days,
            today last, shape (..., 22, site), and of where today lies in its year, shape (..., 1).
    """

    name: str
    stock: str
    contagion: float
    hidden: Walk
    stress: Callable[[Water, Flags, Array], Array]


def nervous_necrosis_stress(sea: Water, bloom: Flags, year_fraction: Array) -> Array:
    """Viral nervous necrosis of grouper: warm water, quick warming, juveniles from May to October.

    Deaths rise from 16 to 28 degC, doi:10.3147/jsfp.33.31, and outbreaks need some 20 degC; they fall from 5 in 10 at
    27 degC over 2 at 31 to 1 at 35, doi:10.3147/jsfp.42.219.
    """
    today = sea.temperature[..., -1, :]
    warm, hot = np.clip((today - 20) / 5, 0, 1), np.maximum(today - 29, 0)
    warming = np.clip(today - sea.temperature[..., -8, :], 0, 4)
    juveniles = (year_fraction > _JUVENILES[0]) & (year_fraction < _JUVENILES[1])
    stress: Array = -11.2 + 3.0 * warm - 0.23 * hot + 1.0 * warming + 1.2 * juveniles
    return stress


def oyster_mortality_stress(sea: Water, bloom: Flags, year_fraction: Array) -> Array:
    """Mass mortality of oysters: weeks of heat, fresh water or its sudden coming, quick warming, blooms.

    The best measures of heat are the means of 12 and of 21 days, doi:10.1016/j.csr.2024.105173. In Tiên Yên oysters
    died in a dry spring at 29-30 g/kg (April 2017, Vibrio in three samples of three).
    """
    temperature, salinity = sea.temperature, sea.salinity
    heat = np.clip(temperature[..., -12:, :].mean(axis=-2) - 28, 0, 4)
    long_heat = np.clip(temperature[..., -21:, :].mean(axis=-2) - 28, 0, 4)
    fresh_days = (salinity[..., -21:, :] < 18).sum(axis=-2)
    freshening = np.clip(salinity[..., -8, :] - salinity[..., -1, :], 0, 8)
    warming = np.clip(temperature[..., -1, :] - temperature[..., -6, :], 0, 4)
    blooming = bloom[..., -7:, :].any(axis=-2)
    spring = (year_fraction > _DRY_SPRING[0]) & (year_fraction < _DRY_SPRING[1])
    dry_spring = spring & (salinity[..., -21:, :].mean(axis=-2) > 30)
    stress: Array = (
        -10.1 + 0.7 * heat + 0.7 * long_heat + 0.14 * fresh_days + 0.35 * freshening + 0.4 * warming
        + 1.2 * blooming + 1.0 * dry_spring
    )  # fmt: skip
    return stress


def marine_white_spot_stress(sea: Water, bloom: Flags, year_fraction: Array) -> Array:
    """Marine white spot disease (Cryptocaryon irritans): water of 18 to 30 degC, salt that returns after storm rain.

    No theront hatches at 15 degC and most do at 27, doi:10.1016/j.aquaculture.2023.739694; none at 37, and cysts
    rupture at 16 g/kg and below, doi:10.1111/j.1365-2761.1979.tb00146.x, so that the parasite is gone for the week that
    it needs to come back. In October 2025 fish died at Vân Đồn after storm rain had brought the salinity down to
    20 g/kg.
    """
    temperature, salinity = sea.temperature[..., -7:, :].mean(axis=-2), sea.salinity
    hatching = np.log(np.clip((temperature - 15) / 12, 1e-9, 1))
    hot = np.maximum(temperature - 30, 0)
    lowest = salinity[..., -14:, :].min(axis=-2)
    fell = np.clip(salinity[..., 0, :] - lowest, 0, 10)
    returned = np.clip(salinity[..., -1, :] - lowest, 0, 6)
    fresh = (salinity[..., -7:, :] <= 16).any(axis=-2)
    stress: Array = -7.5 + 1.5 * hatching - 0.6 * hot + 0.08 * fell + 0.45 * returned
    return np.where(fresh | (temperature <= 15), _BARREN, stress)


def clam_mortality_stress(sea: Water, bloom: Flags, year_fraction: Array) -> Array:
    """Mass mortality of clams: weeks of heat, worse in fresh water, and the sudden coming of fresh water.

    Clams surface and die in hot summers when Perkinsus olseni, which thrives at 25 to 34 degC, has weakened them,
    doi:10.1186/s13071-018-2620-3; at Thanh Hóa they died in July and August 2025, infected with it, after a storm had
    brought fresh water (Department of Animal Husbandry, as the press tells).
    """
    temperature, salinity = sea.temperature, sea.salinity
    warm = (temperature[..., -21:, :] > 25).mean(axis=-2)
    heat = np.clip(temperature[..., -14:, :].mean(axis=-2) - 28.5, 0, 4)
    fresh_days = (salinity[..., -14:, :] < 20).sum(axis=-2)
    freshening = np.clip(salinity[..., -8, :] - salinity[..., -1, :], 0, 8)
    stress: Array = -9.8 + 1.6 * warm + 1.1 * heat + 0.10 * fresh_days + 0.30 * freshening
    return stress


NERVOUS_NECROSIS = EventKind(
    name="nervous necrosis",
    stock="fish_cages",
    contagion=3.0,
    hidden=Walk(persistence=0.98, deviation=0.7),
    stress=nervous_necrosis_stress,
)
OYSTER_MORTALITY = EventKind(
    name="oyster mortality",
    stock="oyster_rafts",
    contagion=2.0,
    hidden=Walk(persistence=0.98, deviation=0.7),
    stress=oyster_mortality_stress,
)
MARINE_WHITE_SPOT = EventKind(
    name="marine white spot",
    stock="fish_cages",
    contagion=3.0,
    hidden=Walk(persistence=0.97, deviation=0.7),
    stress=marine_white_spot_stress,
)
CLAM_MORTALITY = EventKind(
    name="clam mortality",
    stock="clam_beds",
    contagion=2.0,
    hidden=Walk(persistence=0.98, deviation=0.7),
    stress=clam_mortality_stress,
)
