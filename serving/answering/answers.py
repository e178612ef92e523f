"""Answers: issued forecasts held in memory, refreshed as a whole, and hindcasts from the archive."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

import pandas as pd

from features.errors import HaidangError
from models.forecaster import Card, Forecaster
from models.hazard import Hazard
from serving.access.refusals import FieldError, LoadingError, WithheldError
from serving.access.slots import COMPUTED_AT_ONCE, RETRY_SECONDS, Slots
from serving.answering.asked import check_moment, check_thresholds, codes_forecast
from serving.answering.conditional import Prepared
from serving.answering.hazard_view import hazard_view
from serving.answering.held import NOT_LOADED, Held, State, loaded, refreshed
from serving.answering.positions import Positions, open_positions
from serving.catalogue.publication import Publications
from serving.deployment import Deployment
from serving.issued.issue import issue
from serving.schemas.answer_models import RiskAnswer, RiskQuestion
from serving.schemas.hazard_models import HazardView
from serving.views.freshness import Freshness
from serving.views.issue_answer import issue_answer, standing
from serving.views.own_thresholds import with_thresholds
from serving.views.track_view import ByPlace


class Answers:
    """Answers risk questions of a deployment.

    Attributes:
        deployment: the deployment.
        slots: what is worked out when somebody asks takes one of them.
    """

    def __init__(self, deployment: Deployment, slots: Slots | None = None) -> None:
        self.deployment, self.slots = deployment, slots or Slots(COMPUTED_AT_ONCE)
        self._state = State()

    @cached_property
    def positions(self) -> Positions:
        """The sites, to be found by what people name; the areas are read once."""
        return open_positions(self.deployment)

    @cached_property
    def freshness(self) -> Freshness:
        """How fresh the values of each source are."""
        return Freshness(self.deployment)

    @cached_property
    def publications(self) -> Publications:
        """The bulk files that are shared."""
        return Publications(self.deployment)

    @property
    def ready(self) -> bool:
        """Whether something can be answered."""
        return any(held.latest is not None for held in self._state.hazards.values())

    def held(self) -> Mapping[str, Held]:
        """What is held now of each hazard."""
        return self._state.hazards

    def refresh(self, *, at_rest: bool = False) -> bool:
        """Loads what is new on the shelf and among the issued forecasts, aside, and swaps it in as a whole.

        Args:
            at_rest: whether champions that are known to pass their exam are left at rest until `load`, so that what
                they issued is answered sooner.

        Returns:
            Whether anything was new.
        """
        return self._swap(refreshed(self.deployment, self._state, at_rest=at_rest))

    def load(self) -> bool:
        """Loads the champions that `refresh` left at rest; each sits its exam, and who fails it is withheld.

        Returns:
            Whether there were any.
        """
        return self._swap(loaded(self.deployment, self._state))

    def risk(self, question: RiskQuestion, *, now: datetime) -> RiskAnswer:
        """Answers a question from the latest issue, from a past one, or by a hindcast.

        Args:
            question: what is asked.
            now: the present moment; nobody may ask about a later one.

        Raises:
            FieldError: if a site, the issue time or a threshold cannot be used.
            UnknownNameError: if there is no such hazard.
            WithheldError: if no answer can be given for this hazard.
        """
        hazard, sites = self.deployment.hazard(question.hazard), self.deployment.sites
        codes = None if question.sites is None else codes_forecast(sites, hazard, question.sites)
        check_thresholds(hazard, question.thresholds, "thresholds")
        whole = self.whole(hazard, question.issue_time, now)
        chosen = whole.forecasts
        if codes is not None:
            by_code = {forecast.site: forecast for forecast in chosen}
            for code, position in codes.items():
                if code not in by_code:
                    raise FieldError(
                        f"sites.{position}",
                        f"{code} has no forecast of {hazard.name} issued at {whole.issue_time.isoformat()}: the site "
                        "was added later, or what a rule reads was not known there: ask about a newer issue",
                    )
            chosen = [by_code[code] for code in codes]
        if question.thresholds:
            chosen = with_thresholds(chosen, question.thresholds)
        return whole.model_copy(update={"forecasts": chosen})

    def whole(self, hazard: Hazard, issue_time: datetime | None, now: datetime) -> RiskAnswer:
        """The latest issue of a hazard, or what was known at a past moment, at all sites and leads.

        Raises:
            FieldError: if the issue time cannot be used.
            WithheldError: if no answer can be given for this hazard.
        """
        return self.latest(hazard) if issue_time is None else self._at(hazard, issue_time, now)

    def latest(self, hazard: Hazard) -> RiskAnswer:
        """The latest issue of a hazard.

        Raises:
            WithheldError: if no answer can be given for this hazard, or none was issued yet.
        """
        latest = self._answering(hazard).latest
        if latest is None:
            raise WithheldError(
                f"no forecast of {hazard.name} was issued yet: run `haidang issue {hazard.name}`",
                f"chưa phát dự báo nào của {hazard.name}: chạy `haidang issue {hazard.name}`",
            )
        return latest

    def champion(self, hazard: Hazard) -> Forecaster | None:
        """Who answers for a hazard; None where nobody does.

        Raises:
            LoadingError: if it is not loaded yet.
        """
        held = self._kept(hazard)
        if held.at_rest is not None:
            raise LoadingError(
                f"the forecaster of {hazard.name} is being loaded: wait {RETRY_SECONDS} s; what it issued is answered "
                "meanwhile"
            )
        return held.forecaster

    def card(self, hazard: Hazard) -> Card | None:
        """Card of who answers for a hazard; None where nobody does."""
        return self._kept(hazard).card

    def track(self, hazard: Hazard) -> ByPlace:
        """How the warnings of a hazard did before, by site and lead."""
        return self._kept(hazard).track

    def rendered(self, hazard: Hazard, records: pd.DataFrame) -> RiskAnswer:
        """Stored records of one issue as an answer, with the levels of the law."""
        return issue_answer(self.deployment, hazard, records, self.card(hazard), "issued", track=self.track(hazard))

    @property
    def prepared(self) -> dict[tuple[str | None, ...], Prepared]:
        """Bytes of answers from what is held now; new forecasts come with an empty one."""
        return self._state.prepared

    @property
    def asked(self) -> dict[tuple[str, str], Prepared]:
        """The same of whole questions, by format and question."""
        return self._state.asked

    def hazard_views(self) -> list[HazardView]:
        """All hazards of the deployment."""
        newest_known, state = self.deployment.archive.newest_known(), self._state
        return [
            hazard_view(self.deployment, hazard, state.hazards.get(name, NOT_LOADED), newest_known)
            for name, hazard in self.deployment.hazards.items()
        ]

    def _swap(self, state: State | None) -> bool:
        if state is not None:
            self._state = state
        return state is not None

    def _kept(self, hazard: Hazard) -> Held:
        return self._state.hazards.get(hazard.name, Held())

    def _answering(self, hazard: Hazard) -> Held:
        held = self._state.hazards.get(hazard.name, NOT_LOADED)
        if held.withheld is not None:
            raise WithheldError(
                f"{hazard.name} is not answered: {held.withheld}",
                f"{hazard.name} chưa được trả lời: {held.withheld_vi}",
            )
        return held

    def _at(self, hazard: Hazard, moment: datetime, now: datetime) -> RiskAnswer:
        check_moment(moment, now)
        card = self._answering(hazard).card
        asked = pd.Timestamp(moment).tz_convert("UTC")
        records = standing(self.deployment, hazard, asked)
        if not records.empty:
            return issue_answer(self.deployment, hazard, records, card, "issued", track=self.track(hazard))
        forecaster = self.champion(hazard)
        if forecaster is None:
            raise WithheldError(
                f"{hazard.name} has no forecaster on the shelf", f"{hazard.name} chưa có mô hình nào trên giá"
            )
        with self.slots.one():
            try:
                records = issue(forecaster, self.deployment.archive, asked, issued_at=pd.Timestamp(now))
            except HaidangError as error:
                raise FieldError("issue_time", str(error)) from error
        return issue_answer(self.deployment, hazard, records, card, "hindcast", track=self.track(hazard))
