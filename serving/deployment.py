"""A deployment opened from its settings: sites, hazards, archive, shelf, forecasts and what came of them."""

from dataclasses import dataclass

from features.archive import Archive
from features.settings import Settings
from features.sites import Sites, read_sites
from models.catalogue import hazard_named, read_hazards
from models.hazard import Hazard
from models.issued import IssuedForecasts
from models.track_records import TrackRecords
from models.verified import VerifiedForecasts
from serving.access.hides import NOTHING, Hides
from serving.issued.as_issued import AsIssuedRecords
from serving.shelf import Shelf


@dataclass(frozen=True)
class Deployment:
    """Everything at rest that answers are made from.

    Attributes:
        settings: where it lives.
        sites: the sites that are forecast.
        hazards: all hazards by name.
        archive: what was known.
        shelf: the promoted forecasters.
        issued: the issued forecasts.
        shadow: what challengers forecast beside the champions; never shown.
        verified: those of them whose truth has settled, with what came.
        track_records: what is made of these.
        as_issued: the verified ones in memory, as they were shown.
        hides: what is not said of it.
    """

    settings: Settings
    sites: Sites
    hazards: dict[str, Hazard]
    archive: Archive
    shelf: Shelf
    issued: IssuedForecasts
    shadow: IssuedForecasts
    verified: VerifiedForecasts
    track_records: TrackRecords
    as_issued: AsIssuedRecords
    hides: Hides = NOTHING

    def hazard(self, name: str) -> Hazard:
        """Looks up a hazard; the error lists what there is."""
        return hazard_named(self.hazards, name)


def open_deployment(settings: Settings) -> Deployment:
    """Opens a deployment; what is not there yet is empty.

    Raises:
        HaidangError: if the sites file or a hazard file cannot be read.
    """
    sites = read_sites(settings.sites)
    hazards = {
        name: hazard for name, hazard in read_hazards(settings.hazards).items() if sites.having(hazard.where).any()
    }
    verified, track_records = VerifiedForecasts(settings.verified), TrackRecords(settings.track_records)
    return Deployment(
        settings,
        sites,
        hazards,
        Archive(settings.archive, sites, settings.local_zone),
        Shelf(settings.shelf),
        IssuedForecasts(settings.issued),
        IssuedForecasts(settings.shadow),
        verified,
        track_records,
        AsIssuedRecords(verified, track_records, settings.local_zone, len(sites)),
    )
