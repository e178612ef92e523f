"""A declared mapping: what the columns of somebody's table mean, stated once, so that nothing is guessed."""

import re
import tomllib
from abc import abstractmethod
from datetime import date, datetime
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from features.errors import HaidangError, UnknownNameError

BUILT_IN = Path(__file__).with_name("mappings")
Rule = Literal["reject", "skip"]
Several = Literal["refuse", "mean", "highest", "lowest", "total", "last"]
_Stated = TypeVar("_Stated", bound=BaseModel)
_CLOCK = re.compile(r"%[HIcX]")


class Declared(BaseModel):
    """Statements that nothing may be added to, and that do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Measured(Declared):
    """What a column of values, or a name in the variable column, stands for."""

    variable: str = Field(description="the declared variable")
    unit: str = Field(min_length=1, description="unit that the file is in, as pint reads it")
    delay_days: float | None = Field(None, ge=0, description="delay of this one, where it has its own")
    several: Several | None = Field(None, description="how rows of a day become one, where it has its own rule")
    limit_variable: str | None = Field(None, description="variable that keeps the detection limit of what is below it")


class When(Declared):
    """How a time is written: one column with a format, or columns of year, month and day.

    Without an offset the time is local. Without a day it is the first of the month, and speaks of the whole month.
    Cells of an Excel or Parquet file that are real dates are taken as they are.
    """

    column: str | None = None
    format: str = Field("%Y-%m-%d", description="strptime format of the column")
    year: str | None = None
    month: str | None = None
    month_format: Literal["%m", "%b", "%B"] = Field("%m", description="of the column `month`: number, Jan, January")
    day: str | None = None

    @field_validator("format")
    @classmethod
    def _tells_the_month(cls, form: str) -> str:
        without_offset = form.replace("%z", "")
        some_day, other_year, other_month = (date(*day) for day in ((2011, 12, 13), (2012, 12, 13), (2011, 10, 13)))
        written = some_day.strftime(without_offset)
        if written in (other_year.strftime(without_offset), other_month.strftime(without_offset)):
            raise ValueError(f"{form!r} does not tell the year and the month: write for instance %d/%m/%Y")
        try:
            datetime.strptime(written, without_offset)  # noqa: DTZ007  (only asked whether it can be read)
        except ValueError as error:
            raise ValueError(f"{form!r} is not a format of strptime, such as %d/%m/%Y: {error}") from error
        return form

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        parts = (self.year, self.month)
        if (self.column is None) == (parts == (None, None)) or (self.column is None and None in parts):
            raise ValueError("state either `column` with its `format`, or the columns `year`, `month` and `day`")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(name for name in (self.column, self.year, self.month, self.day) if name is not None)

    @property
    def tells_day(self) -> bool:
        """Whether a time tells its day; one that does not speaks of a whole month."""
        if self.column is None:
            return self.day is not None
        return date(2011, 12, 13).strftime(self.format) != date(2011, 12, 14).strftime(self.format)

    @property
    def has_clock(self) -> bool:
        """Whether the format tells a time of day."""
        return self.column is not None and _CLOCK.search(self.format) is not None


class Written(Declared):
    """How a file and the numbers in it are written."""

    missing: tuple[str, ...] = Field(("",), description="words for not measured: no entry, and no error")
    text_values: dict[str, float] = Field({}, description="word -> number in the unit of the column")
    below_detection: Literal["reject", "half", "limit"] = Field("reject", description="`<1`: refused, 0.5 or 1")
    thousands: str | None = Field(None, min_length=1, max_length=1)
    decimal: str = Field(".", min_length=1, max_length=1)

    encoding: str = Field("utf-8-sig", description="of a CSV; the default reads UTF-8 with and without its mark")
    separator: str = Field(",", min_length=1, max_length=1)
    skip_rows: int = Field(0, ge=0, description="lines before the header")
    footer_rows: int = Field(0, ge=0, description="lines after the last value")
    sheet: str | None = Field(None, description="sheet of an Excel file; the first for None")

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"`thousands` and `decimal` are both {self.decimal!r}")
        return self

    @property
    @abstractmethod
    def read_columns(self) -> tuple[str, ...]:
        """The columns that the file must have."""


class Mapping(Written):
    """What the columns of a table mean.

    A wide table states `columns`; a long one states `variable_column`, `value_column` and `names`. One of
    `site_column`, `site_columns`, `site` and `every_site` is stated, and one of `known_time` and `delay_days`.
    """

    name: str = Field(min_length=1, description="short name of the source, written into each entry")
    kind: Literal["observation", "forecast"] = Field("observation", description="forecasts need a `known_time`")

    columns: dict[str, Measured] = Field({}, description="column of values -> what it stands for")
    variable_column: str | None = Field(None, description="column that names the variable of each row")
    value_column: str | None = Field(None, description="column of values, beside a variable column")
    names: dict[str, Measured] = Field({}, description="name in the variable column -> what it stands for")
    other_names: Rule = Field("reject", description="what becomes of rows with another name")

    site_column: str | None = Field(None, description="column of site codes or names")
    site_columns: tuple[str, ...] = Field((), description="columns that name a site together, joined by a blank")
    sites: dict[str, str] = Field({}, description="their name of a site -> its code or name here")
    other_sites: Rule = Field("reject", description="what becomes of rows of a site that is not in the sites file")
    site: str | None = Field(None, description="the site of a file of one station")
    every_site: bool = Field(False, description="each value holds for all sites, such as a climate index")

    valid_time: When
    several: Several = Field("refuse", description="how several rows of one site, variable and local day become one")
    known_time: When | None = Field(None, description="when it could first be read; a date alone is that day's end")
    delay_days: float | None = Field(None, ge=0, description="days from the end of a value's stretch until it is known")
    latency_days: float = Field(0, ge=0, description="usual delay where there is a known_time, to tell what is late")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        long = (self.variable_column, self.value_column, self.names or None)
        if bool(self.columns) == any(long) or (any(long) and not all(long)):
            raise ValueError("state either `columns`, or all of `variable_column`, `value_column` and `names`")
        ways = (self.site_column is not None, bool(self.site_columns), self.site is not None, self.every_site)
        if sum(ways) != 1:
            raise ValueError(
                "state where the values hold by one of `site_column`, `site_columns`, `site` and `every_site`"
            )
        delays = [measured.delay_days for measured in self.measured.values()] + [self.delay_days]
        if self.known_time is not None and any(delay is not None for delay in delays):
            raise ValueError("state `known_time` or `delay_days`, not both")
        if self.known_time is None and None in delays[:-1] and self.delay_days is None:
            raise ValueError(
                "nothing says when a value became known, and without it the past cannot be asked: state the column in "
                "`known_time`, or `delay_days` after the end of the day or stretch that the value speaks of"
            )
        if self.below_detection == "reject" and any(one.limit_variable for one in self.measured.values()):
            raise ValueError("a `limit_variable` keeps nothing while `below_detection` is reject: state half or limit")
        if self.kind == "forecast" and self.known_time is None:
            raise ValueError("a forecast needs `known_time`: the column that says when it was issued")
        rules = {(one.variable, one.several or self.several) for one in self.measured.values()}
        if len(rules) > len({variable for variable, _ in rules}):
            raise ValueError("one variable has two rules for `several`: state the same for all its columns or names")
        return self

    @property
    def measured(self) -> dict[str, Measured]:
        """All that is measured, by the name that the file gives it."""
        return self.columns or self.names

    @property
    def named_by(self) -> tuple[str, ...]:
        """The columns whose texts, joined by a blank, name the site of a row; none where all rows are of one."""
        return self.site_columns if self.site_column is None else (self.site_column,)

    @property
    def rules(self) -> dict[str, Several]:
        """How several rows of a day become one, by variable; of detection limits the highest holds."""
        rules: dict[str, Several] = {}
        for one in self.measured.values():
            rules[one.variable] = one.several or self.several
            if one.limit_variable is not None:
                rules[one.limit_variable] = "refuse" if rules[one.variable] == "refuse" else "highest"
        return rules

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The columns that the file must have."""
        single = (self.variable_column, self.value_column, *self.named_by)
        times = self.valid_time.columns + (self.known_time.columns if self.known_time else ())
        return (*self.columns, *(name for name in single if name is not None), *times)


def read_mapping(named: str | Path) -> Mapping:
    """Reads a mapping from a TOML file, or one of those that come with the project, by name.

    Raises:
        HaidangError: if there is no such file, it is not TOML, or a statement in it is wrong or missing; says which.
    """
    return read_declared(Mapping, named)


def read_declared(declared: type[_Stated], named: str | Path) -> _Stated:
    """Reads statements of some kind from a TOML file, or from one that comes with the project, by name.

    Raises:
        HaidangError: if there is no such file, it is not TOML, or a statement in it is wrong or missing; says which.
    """
    path = Path(named)
    if not path.suffix:
        built_in = {file.stem: file for file in BUILT_IN.glob("*.toml")}
        if str(named) not in built_in:
            raise UnknownNameError("mapping", str(named), built_in)
        path = built_in[str(named)]
    try:
        return declared.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise HaidangError(f"{path} cannot be read: {error.strerror}; name the TOML file of the mapping") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HaidangError(f"{path} is not TOML in UTF-8: {error}") from error
    except ValidationError as error:
        where = [".".join(map(str, fault["loc"])) or "mapping" for fault in error.errors()]
        faults = "; ".join(f"{at}: {fault['msg']}" for at, fault in zip(where, error.errors(), strict=True))
        raise HaidangError(f"{path}: {faults}") from error
