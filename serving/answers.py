"""Answers: issued forecasts held in memory, refreshed as a whole, and hindcasts from the archive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd

from features.errors import HaidangError, UnknownNameError
from models.forecaster import Card, Forecaster
from models.hazard import Hazard
from serving.answer_models import RiskAnswer, RiskQuestion
from serving.conditional import Prepared
from serving.deployment import Deployment
from serving.explain_models import ExplainQuestion, Explanation
from serving.explaining import explanation
from serving.freshness import Freshness
from serving.hazard_models import HazardView, SiteView
from serving.hazard_view import baselines, lowest_cut, matrix_of, needs, newest_card, skill, skill_horizon
from serving.issue import issue
from serving.legal import Teller, with_legal_levels, without_levels
from serving.levels import compound
from serving.levels_models import LevelsAnswer, LevelsQuestion
from serving.positions import Positions, open_positions
from serving.publication import Publications
from serving.rendering import Origin, render, unread, with_thresholds
from serving.slots import COMPUTED_AT_ONCE, RETRY_SECONDS, BusyError, Slots
from serving.track_view import ByPlace, by_place
from serving.warning_levels import level_views

Promoted = tuple[str | None, str | None, pd.Timestamp | None]
"""Tag of the champion, why it is held back, and until when its forecasts were verified."""


class WithheldError(HaidangError):
    """An answer that cannot be given now, for one hazard alone.

    Attributes:
        vi: the reason in Vietnamese; the text of the error is English.
    """

    def __init__(self, text: str, vi: str) -> None:
        super().__init__(text)
        self.vi = vi


class FieldError(HaidangError):
    """A value of a question that cannot be used.

    Attributes:
        field: where the value stands in the question, for instance `sites.0`.
    """

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class LoadingError(BusyError):
    """The champion is being loaded; what was issued is answered meanwhile."""


@dataclass(frozen=True)
class Held:
    """What is held of one hazard.

    Attributes:
        forecaster: the champion; None while there is none, while it is withheld, or while it is at rest.
        latest: the newest issue, ready to be given; None before the first.
        withheld: why nothing is answered, where that is so.
        withheld_vi: the same in Vietnamese.
        trained: card of the newest fit, promoted or not.
        track: how its warnings did before, by site and lead.
        at_rest: card of the champion that is not loaded yet, and is known to pass its exam.
    """

    forecaster: Forecaster | None = None
    latest: RiskAnswer | None = None
    withheld: str | None = None
    withheld_vi: str | None = None
    trained: Card | None = None
    track: ByPlace = field(default_factory=dict)
    at_rest: Card | None = None

    @property
    def card(self) -> Card | None:
        """Card of the champion."""
        return self.at_rest if self.forecaster is None else self.forecaster.card


@dataclass(frozen=True)
class State:
    """Everything that is held, as of one state of shelf and issued forecasts, and the bytes made from it."""

    version: int | None = None
    promoted: Mapping[str, Promoted] = field(default_factory=dict)
    hazards: dict[str, Held] = field(default_factory=dict)
    marks: Mapping[str, object] = field(default_factory=dict)
    prepared: dict[tuple[str | None, ...], Prepared] = field(default_factory=dict)
    asked: dict[tuple[str, str], Prepared] = field(default_factory=dict)


_NOT_LOADED = Held(withheld="the service has not loaded it yet", withheld_vi="dịch vụ chưa nạp xong")


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
        shelf, hazards = self.deployment.shelf, self.deployment.hazards
        verified = self.deployment.track_records
        promoted = {name: (shelf.tag(name), shelf.held_back(name), verified.until(name)) for name in hazards}
        version, before = self.deployment.issued.version, self._state
        if (version, promoted) == (before.version, before.promoted):
            return False
        newest = self.deployment.issued.newest(hazards)
        marks = {name: _mark(hazard, promoted, newest) for name, hazard in hazards.items()}
        held = {}
        for name, hazard in hazards.items():
            kept = self._kept(hazard)
            if kept.withheld is None and marks[name] == before.marks.get(name):
                held[name] = replace(kept, trained=newest_card(self.deployment, hazard))
                continue
            same = before.promoted.get(name, (None, None))[:2] == promoted[name][:2]
            forecaster = kept.forecaster if same else None
            held[name] = self._hold(hazard, promoted[name], newest[name], forecaster, at_rest=at_rest)
        self._state = State(version, promoted, held, marks)
        return True

    def load(self) -> bool:
        """Loads the champions that `refresh` left at rest; each sits its exam, and who fails it is withheld.

        Returns:
            Whether there were any.
        """
        state = self._state
        resting = [name for name, held in state.hazards.items() if held.at_rest is not None]
        loaded = {name: self._loaded(self.deployment.hazard(name), state.promoted[name]) for name in resting}
        if resting:
            self._state = State(state.version, state.promoted, state.hazards | loaded, state.marks)
        return bool(resting)

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
        hazard = self.deployment.hazard(question.hazard)
        codes = None if question.sites is None else self._codes(hazard, question.sites)
        self.check_thresholds(hazard, question.thresholds, "thresholds")
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
        return self._latest(hazard) if issue_time is None else self._at(hazard, issue_time, now)

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
        return self._rendered(hazard, records, self.card(hazard), "issued", self.track(hazard))

    @property
    def prepared(self) -> dict[tuple[str | None, ...], Prepared]:
        """Bytes of answers from what is held now; new forecasts come with an empty one."""
        return self._state.prepared

    @property
    def asked(self) -> dict[tuple[str, str], Prepared]:
        """The same of whole questions, by format and question."""
        return self._state.asked

    def levels(self, question: LevelsQuestion, *, now: datetime) -> LevelsAnswer:
        """Levels of several hazards by site and day, with the rise that a person may decide on where they meet.

        Args:
            question: what is asked.
            now: the present moment.

        Raises:
            FieldError: if a site or the issue time cannot be used.
            UnknownNameError: if there is no such hazard.
        """
        named = [name for name, hazard in self.deployment.hazards.items() if hazard.law or hazard.unread]
        hazards = [self.deployment.hazard(name) for name in question.hazards or named]
        codes = None if question.sites is None else [*self._found(question.sites)]
        told, withheld, withheld_vi = [], {}, {}
        for hazard in hazards:
            if hazard.law is None:
                reason = hazard.unread and hazard.unread.reason
                withheld[hazard.name] = reason.en if reason else "Decision 18/2021 as encoded has no matrix for it"
                withheld_vi[hazard.name] = (
                    reason.vi if reason else "Quyết định 18/2021 như đã mã hóa không có bảng cấp độ cho loại này"
                )
                continue
            try:
                answer = self.risk(RiskQuestion(hazard=hazard.name, issue_time=question.issue_time), now=now)
            except WithheldError as error:
                withheld[hazard.name], withheld_vi[hazard.name] = str(error), error.vi
                continue
            if answer.law is not None and answer.law.withheld is not None:
                withheld[hazard.name] = answer.law.withheld
                withheld_vi[hazard.name] = answer.law.withheld_vi or answer.law.withheld
            told.append((hazard.law.table, answer))
        return compound(told, withheld, withheld_vi, self.deployment.sites, codes=codes, feared=question.serious_loss)

    def explain(self, question: ExplainQuestion) -> Explanation:
        """Tells what drives the latest issued forecast at a site.

        Args:
            question: what is asked.

        Raises:
            FieldError: if the site, the lead or the cut cannot be used.
            UnknownNameError: if there is no such hazard.
            UnexplainedError: if a published rule answers.
            WithheldError: if nothing was issued yet, or by another forecaster than the champion.
        """
        hazard = self.deployment.hazard(question.hazard)
        try:
            (code,) = self._codes(hazard, [question.site])
        except FieldError as error:
            raise FieldError("site", str(error)) from error
        leads = [int(lead) for lead in hazard.periods.leads]
        if question.lead is not None and question.lead not in leads:
            raise FieldError("lead", f"{hazard.name} is forecast {', '.join(map(str, leads))} days ahead")
        cut = lowest_cut(hazard) if question.cut is None else question.cut
        if cut not in hazard.target.cuts:
            told = ", ".join(f"{one:g}" for one in hazard.target.cuts)
            raise FieldError("cut", f"{cut:g} is not one of the cuts of {hazard.name}: {told} {hazard.target.unit}")
        latest, forecaster = self._latest(hazard), self.champion(hazard)
        if forecaster is None or forecaster.version != latest.model_version:
            raise WithheldError(
                f"the latest forecast of {hazard.name} was issued by {latest.model_version}, which is not the champion"
                f" any more: run `haidang issue {hazard.name}`",
                f"dự báo mới nhất của {hazard.name} do {latest.model_version} phát, nay không còn được dùng: "
                f"chạy `haidang issue {hazard.name}`",
            )
        chosen = leads if question.lead is None else [question.lead]
        site = self.deployment.sites[code]
        with self.slots.one():
            return explanation(forecaster, self.deployment.archive, latest, site, leads=chosen, cut=cut)

    def hazard_views(self) -> list[HazardView]:
        """All hazards of the deployment."""
        newest_known = self.deployment.archive.newest_known()
        return [self._hazard_view(hazard, newest_known) for hazard in self.deployment.hazards.values()]

    def site_views(self) -> list[SiteView]:
        """All sites of the deployment, with the hazards that are forecast there."""
        sites = self.deployment.sites
        having = {name: sites.having(hazard.where) for name, hazard in self.deployment.hazards.items()}
        return [
            SiteView(
                code=site.code,
                name_vi=site.name_vi,
                name_en=site.name_en,
                latitude=site.latitude,
                longitude=site.longitude,
                attributes={
                    name: None if np.isnan(value) else value
                    for name, value in self.deployment.hides.attributes(site.attributes).items()
                },
                hazards=[name for name, there in having.items() if there[number]],
            )
            for number, site in enumerate(sites.values())
        ]

    def _hold(
        self,
        hazard: Hazard,
        promoted: Promoted,
        records: pd.DataFrame,
        forecaster: Forecaster | None,
        *,
        at_rest: bool,
    ) -> Held:
        """What is held of a hazard; a champion that is given is there already and not loaded, and examined, again."""
        trained, resting, shelf = newest_card(self.deployment, hazard), None, self.deployment.shelf
        try:
            if forecaster is None and at_rest:
                resting = shelf.examined(hazard, promoted[0])
            if forecaster is None and resting is None:
                forecaster = shelf.champion(hazard, promoted[0])
        except HaidangError as error:
            return _unserved(hazard, promoted[0], error, trained)
        held = Held(forecaster, None, trained=trained, at_rest=resting)
        track = by_place(hazard, self.deployment.track_records.read(hazard.name))
        latest = None if records.empty else self._rendered(hazard, records, held.card, "issued", track)
        return replace(held, latest=latest, track=track)

    def _loaded(self, hazard: Hazard, promoted: Promoted) -> Held:
        """What is held of a hazard, with its champion."""
        held = self._kept(hazard)
        try:
            return replace(held, forecaster=self.deployment.shelf.champion(hazard, promoted[0]), at_rest=None)
        except HaidangError as error:
            return _unserved(hazard, promoted[0], error, held.trained)

    def _kept(self, hazard: Hazard) -> Held:
        return self._state.hazards.get(hazard.name, Held())

    def _held(self, hazard: Hazard) -> Held:
        held = self._state.hazards.get(hazard.name, _NOT_LOADED)
        if held.withheld is not None:
            raise WithheldError(
                f"{hazard.name} is not answered: {held.withheld}",
                f"{hazard.name} chưa được trả lời: {held.withheld_vi}",
            )
        return held

    def _latest(self, hazard: Hazard) -> RiskAnswer:
        latest = self._held(hazard).latest
        if latest is None:
            raise WithheldError(
                f"no forecast of {hazard.name} was issued yet: run `haidang issue {hazard.name}`",
                f"chưa phát dự báo nào của {hazard.name}: chạy `haidang issue {hazard.name}`",
            )
        return latest

    def _at(self, hazard: Hazard, moment: datetime, now: datetime) -> RiskAnswer:
        self.check_moment(moment, now)
        card = self._held(hazard).card
        asked = pd.Timestamp(moment).tz_convert("UTC")
        records = self._standing(hazard, asked)
        if not records.empty:
            return self._rendered(hazard, records, card, "issued", self.track(hazard))
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
        return self._rendered(hazard, records, card, "hindcast", self.track(hazard))

    def _standing(self, hazard: Hazard, asked: pd.Timestamp) -> pd.DataFrame:
        """The records of the issue that stands at a moment; empty if there is none."""
        times = self.deployment.issued.issue_times(hazard.name)
        standing = times[(times <= asked) & (times > asked - pd.Timedelta(days=hazard.issue_every_days))]
        return self.deployment.issued.at(hazard.name, standing[-1] if len(standing) else asked)

    def _rendered(
        self, hazard: Hazard, records: pd.DataFrame, card: Card | None, origin: Origin, track: ByPlace
    ) -> RiskAnswer:
        """The answer, with the levels of the law where the hazard has a matrix."""
        told = render(self.deployment, hazard, records, card, origin, track=track)
        if hazard.law is None:
            return told
        try:
            teller = self._teller(hazard, records, card)
            return with_legal_levels(told, hazard.law, self.deployment, teller)
        except HaidangError as error:
            return without_levels(told, hazard.law, hazard.law.told_by or hazard.name, error)

    def _teller(self, hazard: Hazard, records: pd.DataFrame, card: Card | None) -> Teller:
        """Whose forecast tells the values of the matrix: the hazard's own, or the one that stands of another hazard."""
        teller, told = hazard, records
        if hazard.law is not None and hazard.law.told_by is not None:
            teller = self.deployment.hazard(hazard.law.told_by)
            told = self._standing(teller, records["issue_time"].iloc[0])
            if told.empty:
                raise WithheldError(
                    f"no forecast of {teller.name} stands at this issue time: issue it as well",
                    f"không có dự báo {teller.name} nào có hiệu lực tại thời điểm này: hãy phát cả dự báo đó",
                )
            its: Card | None = self.deployment.shelf.card(teller.name)
        else:
            its = card
        same = its is not None and its.version == told["forecaster"].iloc[0]
        return Teller(teller, told, its if same else None)

    def _hazard_view(self, hazard: Hazard, newest_known: Mapping[str, pd.Timestamp]) -> HazardView:
        held = self._state.hazards.get(hazard.name, _NOT_LOADED)
        shown = skill(hazard, held.trained)
        return HazardView(
            name=hazard.name,
            title_vi=hazard.title_vi,
            title_en=hazard.title_en,
            unit=hazard.target.unit,
            cuts=list(hazard.target.cuts),
            sense=hazard.target.sense,
            leads=[int(lead) for lead in hazard.periods.leads],
            period_days=hazard.periods.days,
            levels=level_views(hazard.levels),
            reference=hazard.reference,
            where=hazard.where,
            issue_every_days=hazard.issue_every_days,
            issue_hour=hazard.issue_hour,
            amount=hazard.amount,
            features=[feature.name for feature in hazard.features],
            law=matrix_of(hazard),
            unread=unread(hazard),
            sites=int(self.deployment.sites.having(hazard.where).sum()),
            needs=needs(hazard, newest_known, self.deployment.settings.local_zone),
            baselines=baselines(hazard),
            skill=shown,
            skill_horizon=skill_horizon(shown),
            tested_until=held.trained.tested_until if held.trained else None,
            basis=held.card.basis if held.card else None,
            model_version=held.card.version if held.card else None,
            latest_issue_time=held.latest.issue_time if held.latest else None,
            withheld=held.withheld,
            withheld_vi=held.withheld_vi,
        )

    def _codes(self, hazard: Hazard, asked: Sequence[str]) -> dict[str, int]:
        """The codes of the sites that are asked about, each with its place in the question."""
        where = dict(zip(self.deployment.sites.codes, self.deployment.sites.having(hazard.where), strict=True))
        codes = self._found(asked)
        for code, position in codes.items():
            if not where[code]:
                raise FieldError(
                    f"sites.{position}",
                    f"{hazard.name} is not forecast at {code} {self.deployment.sites[code].name_vi}: it has no "
                    f"{hazard.where}",
                )
        return codes

    def _found(self, asked: Sequence[str]) -> dict[str, int]:
        """The codes of sites by code or name, each with its first place in the question."""
        codes: dict[str, int] = {}
        for position, text in enumerate(asked):
            try:
                site = self.deployment.sites.find(text)
            except UnknownNameError as error:
                raise FieldError(f"sites.{position}", str(error)) from error
            codes.setdefault(site.code, position)
        return codes

    @staticmethod
    def check_moment(moment: datetime | None, now: datetime) -> None:
        """Refuses a moment that is still to come."""
        if moment is not None and moment > now:
            raise FieldError("issue_time", f"{moment.isoformat()} lies in the future: ask about now or earlier")

    @staticmethod
    def check_thresholds(hazard: Hazard, thresholds: Sequence[float], where: str) -> None:
        """Refuses thresholds outside the cuts; `where` is their field in the question."""
        low, high = min(hazard.target.cuts), max(hazard.target.cuts)
        for position, threshold in enumerate(thresholds):
            if not low <= threshold <= high:
                raise FieldError(
                    f"{where}.{position}",
                    f"{threshold:g} lies outside {low:g} to {high:g} {hazard.target.unit}, between which {hazard.name} "
                    "is forecast",
                )


def _mark(hazard: Hazard, promoted: Mapping[str, Promoted], newest: Mapping[str, pd.DataFrame]) -> object:
    """What is held of a hazard hangs on, its matrix of the law included; where it is as before, so is what is held."""
    teller = (hazard.law and hazard.law.told_by) or hazard.name
    names = [name for name in (hazard.name, teller) if name in newest]
    issues = [newest[name][["issue_time", "issued_at", "forecaster"]].drop_duplicates() for name in names]
    return [(promoted[name], issue.to_numpy().tolist()) for name, issue in zip(names, issues, strict=True)]


def _unserved(hazard: Hazard, promoted: str | None, error: HaidangError, trained: Card | None) -> Held:
    """What is held of a hazard for which the shelf gives no forecaster."""
    vi = f"mô hình đang dùng bị giữ lại hoặc không qua được kiểm tra khi nạp ({error})"
    if promoted is None:
        vi = (
            f"chưa có mô hình nào của {hazard.name} được đưa vào dùng: chạy `haidang train {hazard.name}` rồi "
            f"`haidang promote {hazard.name}`"
        )
    return Held(withheld=str(error), withheld_vi=vi, trained=trained)
