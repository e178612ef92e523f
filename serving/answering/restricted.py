"""What is restricted: sites such as farms, variables that a deployment names, and counts so small that they tell whose.

Who has no right sees a deployment in which restricted sites do not lie, and in which such values are not said.
"""

from dataclasses import replace

from features.sites import Sites
from serving.access.hides import Hides
from serving.access.service_settings import ServiceSettings
from serving.deployment import Deployment

ATTRIBUTE = "restricted"
"""A site is restricted where this attribute of the sites file says yes."""


SMALLEST_COUNT = 5
"""Counts from 1 to 4 are not said; a choice of this service, not law."""


def public(deployment: Deployment, settings: ServiceSettings) -> Deployment:
    """A deployment as those see it who have no right to what is restricted.

    Forecasts still rest on all that is known: what is restricted is left out of answers, not of the archive.
    """
    seen = [site for site in deployment.sites.values() if not site.attributes.get(ATTRIBUTE, 0) > 0]
    hides = Hides(settings.counted_attributes, settings.restricted_variables, SMALLEST_COUNT)
    return replace(deployment, sites=Sites(seen), hides=hides)
