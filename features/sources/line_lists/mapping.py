"""The declared mapping of a line list: what the columns of somebody's list of events mean, stated once."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from features.errors import HaidangError
from features.places import Spread
from features.sources.line_lists.personal_data import looks_personal
from features.sources.tables.mapping import Declared, Rule, When, Written, read_declared
from features.variables import variable_named

Date = Literal["onset", "sampled", "confirmed", "reported"]
DATES: tuple[Date, ...] = ("onset", "sampled", "confirmed", "reported")


class Place(Declared):
    """Where an event happened: by its position, by a site of today, or by old units; several ways may be stated.

    A row's position decides where it has one; 0, 0 is none. Where both today's sites and old units are stated, a row
    that was reported (or, without that date, happened) before 1 July 2025 speaks of old units.
    """

    site: str | None = Field(None, description="column of codes or names of sites of today")
    commune: str | None = Field(None, description="column of communes as they were before 1 July 2025")
    district: str | None = Field(None, description="column of districts as they were; alone it is the place")
    latitude: str | None = Field(None, description="column of degrees north, WGS84")
    longitude: str | None = Field(None, description="column of degrees east, WGS84")
    within_km: float = Field(0, ge=0, description="how far outside its area, or from its point, a site is still meant")
    names: dict[str, str] = Field({}, description="their name of a place -> the name or code that is known here")
    spread: Spread = Field("refuse", description="an old unit that lies in several sites of today")
    others: Rule = Field("reject", description="what becomes of rows of a place that is not known")

    @model_validator(mode="after")
    def _some_way(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("state both `latitude` and `longitude`")
        if not self.columns:
            raise ValueError("state where events happened: `site`, `commune` and `district`, or a position")
        return self

    @property
    def named_by(self) -> tuple[str, ...]:
        """The columns of names."""
        return tuple(dict.fromkeys(name for name in (self.site, self.commune, self.district) if name is not None))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        return (*self.named_by, *(name for name in (self.latitude, self.longitude) if name is not None))


class Complete(Declared):
    """A stretch in which the list is complete: a day and site without a record had no event."""

    start: date = Field(alias="from")
    end: date | None = Field(None, alias="to", description="last day; for None, as far as the list reaches")
    delay_days: float = Field(ge=0, description="days from the end of a day until it is known that nothing is recorded")
    where: tuple[str, ...] = Field((), description="codes or names of sites; all for none")
    variables: tuple[str, ...] = Field((), description="of the list; all for none")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end is not None and self.end < self.start:
            raise ValueError(f"it is complete from {self.start} to {self.end}: the first day comes before the last")
        return self


class LineListMapping(Written):
    """What the columns of a line list mean: one row for each event, or for each report of one.

    Of persons nothing is kept: columns that are not stated are not read, those in `personal` are dropped and told, and
    a column whose header speaks of a person cannot be used unless `not_personal` says that it does not.
    """

    name: str = Field(min_length=1, description="short name of the source, written into each entry")
    variable: str | None = Field(None, description="what a list of one kind counts")
    kind_column: str | None = Field(None, description="column of the kind of event")
    kinds: dict[str, str] = Field({}, description="kind of event -> the variable that counts it")
    other_kinds: Rule = Field("reject", description="what becomes of rows of another kind")
    only: dict[str, tuple[str, ...]] = Field({}, description="column -> its words in rows that are meant")
    identity: tuple[str, ...] = Field(
        min_length=1,
        description="columns that tell events apart in every delivery; with others a list needs a new name",
    )
    place: Place

    onset: When | None = None
    sampled: When | None = None
    confirmed: When | None = None
    reported: When | None = None
    counts_on: tuple[Date, ...] = Field(min_length=1, description="the day that an event counts on: the first it has")
    known_on: tuple[Date, ...] = Field(("reported",), min_length=1, description="when a row could be read, likewise")
    delay_days: float = Field(0, ge=0, description="days from the end of that date until it could be read")
    latency_days: float = Field(0, ge=0, description="usual days from an event until it is known, to tell what is late")

    status_column: str | None = Field(None, description="column of the state of the event")
    counting: tuple[str, ...] = Field((), description="words of events that count, such as confirmed")
    not_counting: tuple[str, ...] = Field((), description="words of those that do not: suspected, negative, withdrawn")
    count_column: str | None = Field(None, description="column of how many a row stands for; one without it")
    host_column: str | None = None
    area_column: str | None = None
    area_unit: str = Field("hectare", description="unit of the area, as pint reads it")
    keep: tuple[str, ...] = Field((), description="further columns of text to keep")
    keep_numbers: tuple[str, ...] = Field((), description="further columns of numbers to keep")
    fill_down: tuple[str, ...] = Field((), description="columns of merged cells: a blank one means what stands above")
    personal: tuple[str, ...] = Field((), description="columns that speak of persons; they are dropped")
    not_personal: tuple[str, ...] = Field((), description="columns whose headers only look so")
    complete: tuple[Complete, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.variable is None) == (self.kind_column is None) or bool(self.kinds) != (self.kind_column is not None):
            raise ValueError("state what is counted: either `variable`, or `kind_column` and `kinds`")
        for name in dict.fromkeys((*self.counts_on, *self.known_on)):
            if self.dates.get(name) is None:
                raise ValueError(f"nothing says when an event was {name}: state its column, or another date")
        for name, when in self.dates.items():
            if not when.tells_day:
                raise ValueError(f"`{name}` tells no day: an event cannot be counted on one")
        if (self.status_column is None) == bool(self.counting):
            raise ValueError("state `status_column` with the words that are `counting`, or neither")
        if both := set(self.counting) & set(self.not_counting):
            raise ValueError(f"{', '.join(sorted(both))} is both `counting` and `not_counting`")
        strangers = {name for one in self.complete for name in one.variables} - set(self.variables)
        if strangers:
            raise ValueError(f"`complete` names {', '.join(sorted(strangers))}, which the list does not count")
        return self

    @model_validator(mode="after")
    def _nothing_of_persons(self) -> Self:
        if used := sorted(set(self.personal) & set(self.read_columns)):
            raise ValueError(f"column {used[0]!r} is `personal` and used: use another column")
        for column in self.read_columns:
            if column not in self.not_personal and looks_personal(column):
                raise ValueError(
                    f"column {column!r} seems to speak of a person: leave it out and name it in `personal`; if it does "
                    "not, name it in `not_personal`"
                )
        return self

    @property
    def dates(self) -> dict[Date, When]:
        """The dates that the list has."""
        stated = ((name, getattr(self, name)) for name in DATES)
        return {name: when for name, when in stated if when is not None}

    @property
    def variables(self) -> tuple[str, ...]:
        """What is counted."""
        return tuple(dict.fromkeys(self.kinds.values())) if self.variable is None else (self.variable,)

    @property
    def number_columns(self) -> tuple[str, ...]:
        """The columns of numbers."""
        single = (self.place.latitude, self.place.longitude, self.count_column, self.area_column)
        return _each_once((*single, *self.keep_numbers))

    @property
    def kept_columns(self) -> tuple[str, ...]:
        """The columns whose texts are kept as they stand; of several that tell events apart only a digest is."""
        identity = self.identity if len(self.identity) == 1 else ()
        return _each_once((*identity, *self.place.named_by, self.host_column, *self.keep))

    @property
    def read_columns(self) -> tuple[str, ...]:
        times = (column for when in self.dates.values() for column in when.columns)
        single = (self.kind_column, self.status_column)
        return _each_once(
            (*self.identity, *self.kept_columns, *self.number_columns, *times, *single, *self.only, *self.fill_down)
        )


def _each_once(columns: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for column in columns if column is not None))


def read_line_list_mapping(named: str | Path) -> LineListMapping:
    """Reads the mapping of a line list from a TOML file, or one of those that come with the project, by name.

    Raises:
        HaidangError: if there is no such file, it is not TOML, or a statement in it is wrong or missing; says which.
    """
    return read_declared(LineListMapping, named)


def check_counted(mapping: LineListMapping) -> None:
    """Checks that the variables of a mapping are declared and are counts of a day.

    Raises:
        HaidangError: if one is not.
    """
    for name in mapping.variables:
        variable = variable_named(name)
        if (variable.unit, variable.span_days) != ("count", 1):
            raise HaidangError(
                f"{mapping.name} counts events as {name}, which is {variable.unit} over {variable.span_days} days: a "
                "line list makes counts of single days"
            )
