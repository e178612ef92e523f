"""The client: each resource of the service as a method."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx
import pandas as pd

from haidang.client.asking import Asking
from haidang.client.tables import Language, flat, moments_in, numbers, spoken

_PAGE, _SPAN = 1000, ("valid_from", "valid_to")


class Client:
    """Asks a service for forecasts and what stands behind them.

    Times in tables carry the zone. Errors are `ProblemError`, what the service refuses and why, and
    `UnreachableError`. What the service says is as before is not sent again.
    """

    def __init__(
        self,
        address: str | None = None,
        key: str | None = None,
        *,
        language: Language = "en",
        zone: str = "Asia/Ho_Chi_Minh",
        attempts: int = 5,
        longest_wait_seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Does not ask anything yet.

        Args:
            address: of the service; else that of the environment, HAIDANG_ADDRESS, or this machine's.
            key: made by `haidang keys make`; else that of the environment, HAIDANG_KEY, or none.
            language: of names, titles and sentences: vi or en.
            zone: of the times in tables.
            attempts: how often a question is asked while the service is busy or away.
            longest_wait_seconds: longest wait that a busy service may ask for.
            transport: in the place of the network.
        """
        address = address or os.environ.get("HAIDANG_ADDRESS", "http://127.0.0.1:3000")
        key = key or os.environ.get("HAIDANG_KEY")
        self._asking = Asking(
            address, key, attempts=attempts, longest_wait_seconds=longest_wait_seconds, transport=transport
        )
        self._language: Language = language
        self._zone = zone

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asking.close()

    def get(self, path: str, **parameters: Any) -> Any:
        """Any resource as its JSON, see /openapi.json: `get("/v1/verification", hazard="heavy_rain")`."""
        return self._asking.get(path, parameters).json()

    def post(self, path: str, **question: Any) -> Any:
        """The same for those that take their question in the body: `post("/scenario", hazard=..., changes=[...])`."""
        return self._asking.post(path, question).json()

    def risk(
        self,
        hazard: str,
        sites: Sequence[str] | None = None,
        *,
        positions: Sequence[tuple[float, float]] | None = None,
        leads: Sequence[int] | None = None,
        issue_time: datetime | None = None,
        thresholds: Sequence[float] = (),
    ) -> pd.DataFrame:
        """How likely a hazard is, where and when; `post("/risk", ...)` has what has no place in a table.

        Args:
            hazard: name, see `hazards`.
            sites: codes or names; all if neither sites nor positions are given.
            positions: latitudes and longitudes, WGS84.
            leads: days to the first day of a period; all for None.
            issue_time: as it was known at this moment, with its zone; the latest issue for None.
            thresholds: of one's own, in the hazard's unit.

        Returns:
            A row for each number: `kind` says what `value` is. `probability`, of the event at the cut `at`;
            `threshold`, the same at a threshold of one's own; `quantile`, of the level `at`; `interval_low` and
            `interval_high`, of the probability `at`; `law_at_least`, the probability of the level `at` of the law or
            above; `expected`. Beside them: id, hazard, unit, sense, simulated, issue_time, issued_at, model_version,
            archive_version, site, name, latitude, longitude, lead, valid_from, valid_to (exclusive), level, law_level,
            step, raised, missing, beyond_training, as /openapi.json describes them.
        """
        spots = None if positions is None else [{"latitude": one, "longitude": other} for one, other in positions]
        question = {
            "hazard": hazard,
            "sites": None if sites is None else list(sites),
            "positions": spots,
            "leads": None if leads is None else list(leads),
            "issue_time": issue_time,
            "thresholds": list(thresholds),
        }
        answer = self._asking.post("/risk", question, {"format": "parquet"})
        return numbers([answer], self._language, self._zone)

    def latest(self, hazard: str, site: str | None = None) -> pd.DataFrame:
        """The latest issue of a hazard; the columns of `risk`."""
        asked = {"hazard": hazard, "site": site, "format": "parquet"}
        return numbers([self._asking.get("/v1/forecasts/latest", asked)], self._language, self._zone)

    def forecasts(
        self,
        hazard: str | None = None,
        site: str | None = None,
        *,
        issued: tuple[datetime | None, datetime | None] = (None, None),
        valid: tuple[datetime | None, datetime | None] = (None, None),
        level: str | None = None,
    ) -> pd.DataFrame:
        """Stored forecasts as they were issued, all pages of them.

        Args:
            hazard: name; all for None.
            site: code or name; all for None.
            issued: from this moment, and before that one.
            valid: periods that end after the first moment and begin before the second.
            level: the highest declared level that is reached; `any` for any.

        Returns:
            The columns of `risk`, the newest issue first.
        """
        asked = {
            "hazard": hazard,
            "site": site,
            "issue_time_from": issued[0],
            "issue_time_to": issued[1],
            "valid_time_from": valid[0],
            "valid_time_to": valid[1],
            "level": level,
            "limit": _PAGE,
            "format": "parquet",
        }
        return numbers(self._asking.pages("/v1/forecasts", asked), self._language, self._zone)

    def passport(self, forecast: str) -> dict[str, Any]:
        """Where a stored forecast comes from, by its id."""
        told: dict[str, Any] = self.get(f"/v1/forecasts/{forecast}/passport")
        return told

    def replay(self, forecast: str) -> dict[str, Any]:
        """A stored forecast, worked out again from what was known: equal byte for byte, or why not."""
        told: dict[str, Any] = self.get(f"/v1/forecasts/{forecast}/replay")
        return spoken(told, self._language)

    def explanation(self, hazard: str, site: str, *, lead: int | None = None, cut: float | None = None) -> pd.DataFrame:
        """What drives the latest forecast at a site.

        Returns:
            A row for each driver of each period: lead, probability, climatology, usual, step, name, title, log_odds
            (by how much it moves the natural logarithm of the odds) and told, the same in words.
        """
        told = self.get("/v1/explanations", hazard=hazard, site=site, lead=lead, cut=cut)
        return pd.DataFrame(
            [
                {name: value for name, value in period.items() if name != "drivers"} | spoken(driver, self._language)
                for period in told["periods"]
                for driver in period["drivers"]
            ]
        )

    def explain(
        self,
        hazards: str | Sequence[str],
        sites: Sequence[str] | None = None,
        *,
        leads: Sequence[int] | None = None,
        issue_time: datetime | None = None,
        cut: float | None = None,
    ) -> pd.DataFrame:
        """Why forecasts are as they are, by driver; also of past issue times and of several hazards.

        Args:
            hazards: one name, or several.
            sites: codes or names; all for None.
            leads: days to the first day of a period; all for None.
            issue_time: as it was known at this moment, with its zone; the latest issue for None.
            cut: the event, one of the hazard's cuts; that of the lowest level for None.

        Returns:
            A row for each driver of each period: hazard, cut, unit, site, name, lead, valid_from, valid_to (exclusive),
            probability, climatology, usual, step, driver, title, log_odds (by how much it moves the natural logarithm
            of the odds) and told, the same in words.
        """
        answer = self.post("/explain", **_of(hazards), sites=sites, leads=leads, issue_time=issue_time, cut=cut)
        rows = [
            {name: told[name] for name in ("hazard", "cut", "unit")}
            | {"site": site["site"], "name": site[f"name_{self._language}"]}
            | {name: period[name] for name in ("lead", *_SPAN, "probability", "climatology", "usual", "step")}
            | {"driver": driver["name"]}
            | {name: value for name, value in spoken(driver, self._language).items() if name != "name"}
            for told in answer["answers"]
            for site in told["forecasts"]
            for period in site["periods"]
            for driver in period["drivers"]
        ]
        return moments_in(pd.DataFrame(rows), _SPAN, self._zone)

    def scenario(
        self,
        hazards: str | Sequence[str],
        changes: Sequence[Mapping[str, Any]],
        sites: Sequence[str] | None = None,
        *,
        leads: Sequence[int] | None = None,
        issue_time: datetime | None = None,
    ) -> pd.DataFrame:
        """What would be said, had something else been known; it is no forecast.

        Args:
            hazards: one name, or several.
            changes: to what was known, for instance `{"kind": "scale", "driver": "rain_ahead", "percent": 50}`; all
                kinds are in /openapi.json.
            sites: codes or names; all for None.
            leads: days to the first day of a period; all for None.
            issue_time: as it was known at this moment, with its zone; the latest issue for None.

        Returns:
            A row for each cut of each period: hazard, unit, verdict (whether the model may be asked that), site, name,
            lead, valid_from, valid_to (exclusive), cut, issued and scenario, the two probabilities.
        """
        asked = {"changes": list(changes), "sites": sites, "leads": leads, "issue_time": issue_time}
        answer = self.post("/scenario", **_of(hazards), **asked)
        rows = [
            {"hazard": told["hazard"], "unit": told["unit"], "verdict": told["verdict"]["told"]}
            | {"site": site["site"], "name": site[f"name_{self._language}"]}
            | {name: period[name] for name in ("lead", *_SPAN)}
            | chances
            for told in answer["answers"]
            for site in told["forecasts"]
            for period in site["periods"]
            for chances in period["probabilities"]
        ]
        return moments_in(pd.DataFrame(rows), _SPAN, self._zone)

    def verification(
        self,
        hazard: str,
        site: str | None = None,
        *,
        scope: str | None = None,
        lead: int | None = None,
        cut: float | None = None,
        season: str | None = None,
    ) -> pd.DataFrame:
        """How the forecasts of a hazard did as they were issued, all pages; `get("/v1/verification")` has the backtest.

        Args:
            hazard: name.
            site: code or name; all for None.
            scope: only rows of this kind, for instance `all sites`.
            lead: days to the period; 0 for all leads together.
            cut: one of the hazard's cuts.
            season: `year`, or DJF, MAM, JJA, SON.

        Returns:
            A row for each scope, site, lead, season and cut, with the columns of /openapi.json; `skill_climatology` has
            beside it `skill_climatology_low` and `_high`, and so have the other figures with an interval. What is not
            told is NA.
        """
        asked = {"hazard": hazard, "site": site, "scope": scope, "lead": lead, "cut": cut, "season": season}
        pages = self._asking.pages("/v1/verification", asked | {"limit": _PAGE})
        return flat([row for page in pages for row in page.json()["rows"]], without="reliability")

    def aggregates(self, hazard: str) -> pd.DataFrame:
        """The latest forecast for sites that one may not see, as means over enough of them.

        Returns:
            A row for each scope, site, lead and cut: scope, site, lead, sites, suppressed, reason, cut and probability,
            the last two NA where nothing is said.
        """
        rows = [
            {name: value for name, value in row.items() if name != "probabilities"} | told
            for row in self.get("/v1/aggregates", hazard=hazard)["rows"]
            for told in row["probabilities"] or [{"cut": None, "probability": None}]
        ]
        columns = ["scope", "site", "lead", "sites", "suppressed", "reason", "cut", "probability"]
        return pd.DataFrame(rows, columns=columns)

    def simulate(self, hazard: str, **question: Any) -> pd.DataFrame:
        """Had the trigger been so: alarms, hits, false alarms, misses and costs on the record as issued.

        Args:
            hazard: name.
            question: fields of POST /v1/thresholds/simulate, for instance `probabilities=[0.2, 0.4]`, `cut`, `sites`,
                `by`, `cost` and `loss`.

        Returns:
            A row for each probability, and site, year or season where `by` asks for them; figures with an interval have
            beside them `_low` and `_high`.
        """
        told = self.post("/v1/thresholds/simulate", hazard=hazard, **question)
        return flat(told["rows"], without="caught")

    def triggers(self, hazard: str, *, cost: float, loss: float, **question: Any) -> pd.DataFrame:
        """From which probability on it pays to act, by one's own cost and loss, on the record as issued.

        Args:
            hazard: name.
            cost: of acting on one forecast at one site.
            loss: of one event at one site without acting, in the same money.
            question: further fields of POST /v1/triggers, for instance `cut`, `lead`, `sites`, `prevented`.

        Returns:
            By trigger, `chosen` on the record and `theoretical`: acts_from (NA for never), acted, hits, expense (a
            forecast), value (1 is perfect, 0 the better of always and never), value_low, value_high. Empty where the
            record is too short, as `post("/v1/triggers", ...)` says in its warnings.
        """
        found = self.post("/v1/triggers", hazard=hazard, cost=cost, loss=loss, **question)["found"]
        rows = [] if found is None else [{"trigger": name} | found[name] for name in ("chosen", "theoretical")]
        columns = ["trigger", "acts_from", "acted", "hits", "expense", "value", "value_low", "value_high"]
        return pd.DataFrame(rows, columns=columns).set_index("trigger")

    def datasets(self) -> pd.DataFrame:
        """The shared datasets by name: title, version, rows, bytes, modified_at, licence and more."""
        return self._table(self.get("/v1/datasets"), "name").drop(columns="columns")

    def changes(self, dataset: str, since: int = 0) -> pd.DataFrame:
        """The files that say what has changed in a dataset since a version.

        Args:
            dataset: name, see `datasets`.
            since: the version that one holds; 0 for none.

        Returns:
            A row for each file, oldest version first: version, published_at, change (`inserted` or `altered`), and of
            the file name, href, part, format, rows, bytes, sha256. Ask since the last version next.
        """
        rows: list[dict[str, Any]] = []
        while True:
            told = self.get(f"/v1/datasets/{dataset}/changes", since=since)
            rows += [
                file | {"version": one["version"], "published_at": one["published_at"], "change": change}
                for one in told["changes"]
                for change in ("inserted", "altered")
                for file in one[change]
            ]
            if told["version"] in (since, told["newest"]):
                break
            since = told["version"]
        first = ["version", "published_at", "change"]
        table = pd.DataFrame(rows, columns=None if rows else first)
        return moments_in(table[[*first, *table.columns.difference(first, sort=False)]], ["published_at"], self._zone)

    def levels(
        self,
        hazards: Sequence[str] | None = None,
        sites: Sequence[str] | None = None,
        *,
        issue_time: datetime | None = None,
    ) -> pd.DataFrame:
        """Proposed disaster-risk levels by Decision 18/2021/QĐ-TTg; `get("/v1/levels")` has the matrices.

        Returns:
            A row for each site, day and hazard: site, name, day, hazard, level, and proposed, the level to which a
            person may decide to rise where hazards meet, NA where none is proposed.
        """
        told = self.post(
            "/v1/levels",
            hazards=None if hazards is None else list(hazards),
            sites=None if sites is None else list(sites),
            issue_time=issue_time,
        )
        rows = [
            {
                "site": site["site"],
                "name": site[f"name_{self._language}"],
                "day": pd.Timestamp(day["day"]),
                "hazard": hazard,
                "level": level,
                "proposed": None if day["proposal"] is None else day["proposal"]["level"],
            }
            for site in told["sites"]
            for day in site["days"]
            for hazard, level in day["levels"].items()
        ]
        table = pd.DataFrame(rows, columns=["site", "name", "day", "hazard", "level", "proposed"])
        return table.astype({"level": "Int64", "proposed": "Int64"})

    def sites(self, hazard: str | None = None) -> pd.DataFrame:
        """The sites by code: name, latitude, longitude, a column for each attribute, and the hazards told there."""
        told = self.get("/v1/sites", hazard=hazard)
        return self._table([{**one, **one.pop("attributes")} for one in told], "code")

    def hazards(self) -> pd.DataFrame:
        """The hazards by name: title, unit, cuts, leads, skill_horizon, latest_issue_time, withheld and more."""
        table = self._table(self.get("/v1/hazards"), "name")
        table["latest_issue_time"] = pd.to_datetime(table["latest_issue_time"], utc=True).dt.tz_convert(self._zone)
        return table

    def sources(self) -> pd.DataFrame:
        """The sources by name: how the last ingest went, and how fresh their values are."""
        return self._table(self.get("/v1/sources"), "name")

    def _table(self, told: Sequence[Mapping[str, Any]], index: str) -> pd.DataFrame:
        return pd.DataFrame([spoken(one, self._language) for one in told]).set_index(index)


def _of(hazards: str | Sequence[str]) -> dict[str, Any]:
    return {"hazard": hazards} if isinstance(hazards, str) else {"hazards": list(hazards)}
