"""Forecast runs as models of the weather give them: a control, and summaries of an ensemble of ten members.

They are wrong on purpose, as real runs are: the control is damped and slightly wet (after a change of the model,
slightly dry), 0.7 degC too cold in winter; members scatter with 0.6 of the true error, so that the ensemble is too
sure. The water that the air holds is told too: it says how near to rain a dry day is; and the energy that it holds for
thunder. Where a storm is known, the control's track says how near it will come, how strong, and what of the rain and
wind is its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.sources.simulated.chance import chance
from features.sources.simulated.climate import RAIN, WIND, Climate
from features.sources.simulated.laws import Array, Integers
from features.sources.simulated.martingale import Revelation, Scores
from features.sources.simulated.sea import highest_level, highest_tide
from features.sources.simulated.storm_fields import Felt, Passage
from features.sources.simulated.storms import LIFE_DAYS
from features.sources.simulated.thunder import ENERGY, mixed

MEMBERS = 10
LONGEST_LEAD = 10
LONGEST_WIND_LEAD = 5
_DAMPING, _BIAS, _COLD_BIAS = 0.92, 0.05, 0.7
_SPREAD = 0.6
_HIGH = MEMBERS - 2
_HEAVY_MM, _FAR_KM = 50.0, 3000.0
_DRY_AIR_MM, _MOIST_AIR_MM, _AIR_RISES = 14.0, 56.0, 0.20


@dataclass(frozen=True)
class Runs:
    """Forecasts about each day, issued some days before it.

    Attributes:
        climate: the weather and what was revealed of it.
        seed: of the ensemble.
        changed_on: position of the day from which runs come from the changed model; beyond the last day for never.
    """

    climate: Climate
    seed: int
    changed_on: int

    def about(self, days: Integers, lead: int) -> Mapping[str, Array]:
        """What runs said of some days, by variable, each of shape (day, site); NaN where a site has no such value.

        Args:
            days: positions of consecutive days; equal first days give equal ensembles.
            lead: days before each of them at which the run was issued, 1 .. 10; wind, energy and water level reach 5.
        """
        climate, (storms, passage) = self.climate, self._storms_about(days, lead)
        rain_score, scores = (self._biased(field, days, lead) for field in (climate.rain_scores, climate.wind_scores))
        heat_score = climate.revealed(climate.temperature_scores, lead)[days]
        rain_law, heat_law = climate.rain_law.on(days), climate.temperature_law.on(days)
        mean = heat_law.temperature(heat_score) - _COLD_BIAS * heat_law.winter[:, None]
        rains = rain_law.amount(self._members("rain", RAIN, rain_score, days, lead)) + storms.rain[1:]
        said = {
            "rain": rain_law.amount(rain_score) + storms.rain[0],
            "rain_ensemble_mean": rains.mean(axis=0),
            "rain_ensemble_high": np.partition(rains, _HIGH, axis=0)[_HIGH],
            "rain_ensemble_heavy": 100 * (rains >= _HEAVY_MM).mean(axis=0),
            "precipitable_water": _air_holds(heat_law.winter) * np.exp(_AIR_RISES * rain_law.standard(rain_score)),
            "air_temperature": mean,
            "highest_air_temperature": mean + heat_law.highest_above_mean(rain_score),
            "lowest_air_temperature": mean - heat_law.lowest_below_mean(rain_score),
        }
        if lead <= LONGEST_WIND_LEAD:
            wind_law = climate.wind_law.on(days)
            winds = np.maximum(wind_law.speed(self._members("wind", WIND, scores, days, lead)), storms.wind[1:])
            convection = self._biased(climate.convection_scores, days, lead)
            energy = mixed(ENERGY, rain_score, heat_score, convection)
            level = np.full(said["rain"].shape, np.nan)
            level[:, climate.terrain.coastal] = highest_level(self._tide[days], storms.surge[0])
            said |= {
                "wind_speed": np.maximum(wind_law.speed(scores), storms.wind[0]),
                "convective_energy": climate.thunder_law.on(days).energy(energy),
                "wind_speed_ensemble_high": np.partition(winds, _HIGH, axis=0)[_HIGH],
                "water_level": level,
                "storm_distance": np.minimum(passage.distance, _FAR_KM),
                "storm_strength": passage.strength,
                "storm_rain": np.where(np.isfinite(passage.distance), storms.rain[0], np.nan),
                "storm_wind": np.where(np.isfinite(passage.distance), storms.wind[0], np.nan),
            }
        return said

    def _biased(self, scores: Scores, days: Integers, lead: int) -> Scores:
        bias = np.where(days - lead < self.changed_on, _BIAS, -_BIAS)[:, None]
        biased: Scores = (_DAMPING * self.climate.revealed(scores, lead)[days] + bias).astype(np.float32)
        return biased

    def _members(self, of: str, field: Revelation, score: Scores, days: Integers, lead: int) -> Scores:
        """Scores of the members, shape (member, day, site); those of other names scatter independently."""
        random = chance(self.seed, f"ensemble of {of} {lead} {days[0]}")
        drawn = random.standard_normal((MEMBERS, *score.shape), dtype=np.float32)
        members: Scores = score + np.float32(_SPREAD * field.skill.errors[lead]) * (drawn @ self._between(field).T)
        return members

    def _between(self, field: Revelation) -> Scores:
        """Factor of the covariance of the members' scatter between sites."""
        return self._rain_between if field is RAIN else self._wind_between

    @cached_property
    def _rain_between(self) -> Scores:
        return RAIN.far.factor(self.climate.sites.distances_km)

    @cached_property
    def _wind_between(self) -> Scores:
        return WIND.far.factor(self.climate.sites.distances_km)

    @cached_property
    def _tide(self) -> Array:
        return highest_tide(self.climate.dates)

    @cached_property
    def _foreseen(self) -> dict[tuple[int, int], tuple[Felt, Passage]]:
        """What each storm was foreseen to do at each age: first axis the control's track, then the members'."""
        storms, terrain = self.climate.storms, self.climate.terrain
        random = chance(self.seed, "storm ensemble")
        foreseen = {}
        for storm in range(len(storms)):
            for age in range(LIFE_DAYS - 1):
                control = storms.tracks_expected(storm, age)
                members = storms.tracks_sampled(storm, age, random, MEMBERS, spread=_SPREAD)
                both = type(control)(
                    *(np.concatenate([getattr(control, part)[None], getattr(members, part)]) for part in _PARTS)
                )
                felt = terrain.felt(both)
                foreseen[storm, age] = Felt(felt.rain, felt.wind, felt.surge[:1]), terrain.passage(control)
        return foreseen

    def _storms_about(self, days: Integers, lead: int) -> tuple[Felt, Passage]:
        """What storms known at each run's issue were foreseen to do; days on the axis after the members'.

        Of several storms the passage is that of the nearest; NaN where none is known.
        """
        n_sites, shore = len(self.climate.sites), len(self.climate.terrain.coastal)
        rain, wind = (np.zeros((1 + MEMBERS, len(days), n_sites), np.float32) for _ in range(2))
        surge = np.zeros((1, len(days), 4, shore), np.float32)
        distance, strength = (np.full((len(days), n_sites), np.nan, np.float32) for _ in range(2))
        for storm, formed in enumerate(self.climate.storms.formed):
            for age in range(max(0, LIFE_DAYS - lead)):
                row = formed + age + lead - days[0]
                if 0 <= row < len(days):
                    felt, passage = self._foreseen[storm, age]
                    rain[:, row] += felt.rain[:, age + lead]
                    wind[:, row] = np.maximum(wind[:, row], felt.wind[:, age + lead])
                    surge[:, row] += felt.surge[:, age + lead]
                    nearer = ~(distance[row] <= passage.distance[age + lead])
                    distance[row, nearer] = passage.distance[age + lead, nearer]
                    strength[row, nearer] = passage.strength[age + lead, nearer]
        return Felt(rain, wind, surge), Passage(distance, strength)


_PARTS = ("longitude", "latitude", "wind")


def _air_holds(winter: Array) -> Array:
    """Median precipitable water by season, mm, shape (day, 1): dry air in winter, moist in summer."""
    return (_DRY_AIR_MM + (_MOIST_AIR_MM - _DRY_AIR_MM) * (1 - winter))[:, None]
