"""The equal pool."""

import numpy as np
from test_exceedance import CUTS, came, questions

from models.exceedance import log_odds
from models.logistic import Logistic
from models.pool import EqualPool


def test_it_answers_and_explains_with_the_mean_of_its_members_in_log_odds() -> None:
    past, new = questions(200), questions(20, seed=5)
    outcome = came(past["signal"].to_numpy())
    loose, strict = Logistic(CUTS, min_events=0), Logistic(CUTS, C=0.001, min_events=0)
    pool = EqualPool(CUTS, members=(loose, strict)).fit(past, outcome)
    apart = [member.fit(past, outcome) for member in (loose, strict)]
    mean = np.mean([log_odds(member.predict_exceedance(new)) for member in apart], axis=0)
    np.testing.assert_allclose(log_odds(pool.predict_exceedance(new)), mean)
    np.testing.assert_allclose(pool.contributions(new), (apart[0].contributions(new) + apart[1].contributions(new)) / 2)
