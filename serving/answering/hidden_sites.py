"""The sites that a caller may not see, by the commune that they lie in: of them only enough together are told of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.errors import HaidangError
from serving.answering.answers import Answers
from serving.answering.restricted import SMALLEST_COUNT

NOWHERE = ""
TOO_FEW = (
    f"quá ít địa điểm hoặc sự kiện (dưới {SMALLEST_COUNT}) nên không nêu / too few sites or events (below "
    f"{SMALLEST_COUNT}) to be said, or they could be found by subtraction"
)


@dataclass(frozen=True, eq=False)
class HiddenSites:
    """Sites that are hidden from a caller.

    Attributes:
        codes: of the sites; never to be told.
        commune: code of the site that everybody sees and in which each lies; `NOWHERE` for none.
    """

    codes: tuple[str, ...]
    commune: tuple[str, ...]

    @property
    def communes(self) -> tuple[str, ...]:
        """The communes, each once."""
        return tuple(sorted(set(self.commune)))

    def groups(self, codes: tuple[str, ...]) -> npt.NDArray[np.int64]:
        """The place among `communes` of each of some sites; -1 for those that are not hidden."""
        place = {code: self.communes.index(commune) for code, commune in zip(self.codes, self.commune, strict=True)}
        return np.array([place.get(code, -1) for code in codes], dtype=np.int64)


def hidden_sites(answers: Answers) -> HiddenSites:
    """The sites that a caller may not see, each with its commune."""
    seen = answers.deployment.sites
    unseen = [site for site in answers.deployment.archive.sites.values() if site.code not in seen]
    communes = []
    for site in unseen:
        try:
            communes.append(answers.positions.at(site.latitude, site.longitude).site)
        except HaidangError:
            communes.append(NOWHERE)
    return HiddenSites(tuple(site.code for site in unseen), tuple(communes))
