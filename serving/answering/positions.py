"""Which site answers for a place: by its code or name, by the area that holds a position, else the nearest."""

from collections.abc import Mapping

import numpy as np
from shapely.geometry.base import BaseGeometry
from sklearn.metrics.pairwise import haversine_distances

from features.boundaries import read_boundaries
from features.errors import HaidangError
from features.places import sites_at
from features.sites import EARTH_RADIUS_KM, Site, Sites
from serving.deployment import Deployment
from serving.schemas.answer_models import PlaceView

REACH_KM = 25.0
"""How far from a position the nearest site may lie: about two communes of Quảng Ninh, a choice of this service."""


class Positions:
    """The sites of a deployment, to be found by what people name."""

    def __init__(self, sites: Sites, areas: Mapping[str, BaseGeometry]) -> None:
        self.sites, self.areas = sites, areas

    def named(self, text: str) -> PlaceView:
        """The site with a code or name, in any Unicode form, with or without marks.

        Raises:
            UnknownNameError: if there is none, or if several sites bear the name.
        """
        site = self.sites.find(text)
        return _view(text, site, "code" if text == site.code else "name", None)

    def at(self, latitude: float, longitude: float) -> PlaceView:
        """The site in whose area a position lies; the nearest, where it lies in none.

        Args:
            latitude: degrees north.
            longitude: degrees east.

        Raises:
            HaidangError: if no site lies within reach.
        """
        asked = f"{latitude:g}, {longitude:g}"
        here = np.array([latitude]), np.array([longitude])
        inside = str(sites_at(*here, self.sites, self.areas)[0]) if self.areas else ""
        code = inside or str(sites_at(*here, self.sites, within_km=REACH_KM)[0])
        if not code:
            raise HaidangError(
                f"no site lies within {REACH_KM:g} km of {asked}: name a site, or a position in the area that is "
                "forecast, see /v1/sites"
            )
        site = self.sites[code]
        both = np.radians([[latitude, longitude], [site.latitude, site.longitude]])
        distance = EARTH_RADIUS_KM * float(haversine_distances(both)[0, 1])
        return _view(asked, site, "area" if inside else "nearest", round(distance, 2))


def open_positions(deployment: Deployment) -> Positions:
    """The sites of a deployment with their areas, where its settings name a file of boundaries.

    Raises:
        HaidangError: if that file cannot be used.
    """
    file, sites = deployment.settings.boundaries, deployment.sites
    areas = {} if file is None else read_boundaries(file, deployment.archive.sites)
    return Positions(sites, {code: area for code, area in areas.items() if code in sites})


def _view(asked: str, site: Site, found_by: str, distance_km: float | None) -> PlaceView:
    return PlaceView.model_validate(
        {
            "asked": asked,
            "site": site.code,
            "name_vi": site.name_vi,
            "name_en": site.name_en,
            "found_by": found_by,
            "distance_km": distance_km,
        }
    )
