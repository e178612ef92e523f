"""The test on places never seen: groups of sites are left out in turn, and asked of who learned from the others."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from models.hazard import Hazard
from training.backtest import Backtest, answers, joined
from training.examples import Examples, examples, first_issue


def leave_groups_out(
    hazard: Hazard,
    archive: Archive,
    attribute: str,
    *,
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Backtest:
    """Leaves each group of sites out once: farms, stretches of coast, districts.

    It says how far what was learned holds at other places, not in later years: the other groups are learned from over
    the whole stretch. Features are as known at the issue time all the same, and outcomes of the group that is asked
    about are never learned from. Choose groups far enough apart that what happens in one does not tell of the other.

    Args:
        hazard: the hazard.
        archive: the archive.
        attribute: site attribute whose values are the groups; sites without a value are left alone.
        start: first issue time; the first that can be asked about for None.
        end: issue times end before this; when the archive ends for None.
        progress: is told how many groups are done, of how many.

    Raises:
        UnknownNameError: if no site has the attribute.
        HaidangError: if there are fewer than two groups with outcomes, or no issue time.
        NoOutcomeError: if no outcome is known.
    """
    first = first_issue(archive) if start is None else max(start, first_issue(archive))
    last = archive.ends() if end is None else end
    times = hazard.issue_times(first, last, archive.zone, every_days=hazard.issue_every_days)
    if times.empty:
        raise HaidangError(f"{hazard.name} is not asked from {first} to {last}: name a longer stretch")
    known = examples(hazard, hazard.ask(archive, times), archive, by=archive.ends())
    of_site = dict(zip(archive.sites.codes, archive.sites.attribute(attribute), strict=True))
    group = known.rows.index.get_level_values("site").map(of_site).to_numpy(float)
    groups = np.unique(group[np.isfinite(group)])
    if len(groups) < 2:
        raise HaidangError(
            f"{len(groups)} group of sites by {attribute} has outcomes of {hazard.name}: there must be two at least"
        )
    answered = []
    for done, held_out in enumerate(groups):
        learned = np.isfinite(group) & (group != held_out)
        others = Examples(known.rows[learned], known.outcome[learned])
        answered.append(answers(hazard, others, known.rows[group == held_out]))
        progress(done + 1, len(groups))
    return joined(hazard, known, answered)
