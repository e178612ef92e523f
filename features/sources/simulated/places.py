"""The places of the province: the 54 communes, and as many hamlets around them as are wanted."""

import numpy as np

from features.errors import HaidangError
from features.settings import BUILT_IN_SITES
from features.sites import Site, Sites, read_sites
from features.sources.simulated.chance import place_fraction

COMMUNES = 54
_KM_PER_DEGREE_NORTH = 111.2
_SHARED = ("shrimp_ponds", "fish_cages", "oyster_rafts", "clam_beds", "population")


def province_sites(count: int) -> Sites:
    """The communes of Quảng Ninh and simulated hamlets around them, as many sites as asked for.

    A hamlet lies within a circle of its commune's area; it has the commune's attributes, a tenth of its people, ponds,
    cages, rafts and beds, and no river gauge.

    Args:
        count: number of sites, at least the 54 communes.

    Raises:
        HaidangError: if it is fewer.
    """
    if count < COMMUNES:
        raise HaidangError(f"the province has {COMMUNES} communes: ask for at least as many sites, not {count}")
    listed = list(read_sites(BUILT_IN_SITES).values())
    hamlets = [_hamlet(listed[number % COMMUNES], 1 + number // COMMUNES) for number in range(count - COMMUNES)]
    return Sites(listed + hamlets)


def _hamlet(commune: Site, number: int) -> Site:
    code = f"{commune.code}-{number:02d}"
    direction, share = (place_fraction(code, of) for of in ("direction", "distance"))
    distance = np.sqrt(share * commune.attributes["area_km2"] / np.pi)
    angle = 2 * np.pi * direction
    north = distance * np.cos(angle) / _KM_PER_DEGREE_NORTH
    east = distance * np.sin(angle) / (_KM_PER_DEGREE_NORTH * np.cos(np.radians(commune.latitude)))
    shared = {name: np.ceil(commune.attributes[name] / 10) for name in _SHARED}
    return Site(
        code,
        f"{commune.name_vi}, thôn mô phỏng {number}",
        f"{commune.name_en}, simulated hamlet {number}",
        round(commune.latitude + float(north), 4),
        round(commune.longitude + float(east), 4),
        {**commune.attributes, **shared, "river_gauge": 0.0},
    )
