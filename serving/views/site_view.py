"""The view of a site: its attributes, but for what is not said to everybody, and what is forecast there."""

import numpy as np

from serving.deployment import Deployment
from serving.schemas.hazard_models import SiteView


def site_views(deployment: Deployment) -> list[SiteView]:
    """All sites of a deployment, with the hazards that are forecast there."""
    sites = deployment.sites
    having = {name: sites.having(hazard.where) for name, hazard in deployment.hazards.items()}
    return [
        SiteView(
            code=site.code,
            name_vi=site.name_vi,
            name_en=site.name_en,
            latitude=site.latitude,
            longitude=site.longitude,
            attributes={
                name: None if np.isnan(value) else value
                for name, value in deployment.hides.attributes(site.attributes).items()
            },
            hazards=[name for name, there in having.items() if there[number]],
        )
        for number, site in enumerate(sites.values())
    ]
