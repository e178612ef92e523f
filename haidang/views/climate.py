"""What `haidang climate` shows: change of indices and return periods by scenario, with the spread of the models."""

from features.sites import Sites
from haidang.views.console import console, print_models, table_of
from models.climate.assessed import ClimateAssessment, IndexClimate
from models.climate.change import Spread

_DIGITS = {"d": 1, "mm": 1, "degC": 2, "%": 1}


def show_climate(told: ClimateAssessment, sites: Sites, *, as_json: bool) -> None:
    """Tables of each index at each place; a scenario is a condition and not a forecast."""
    if as_json:
        print_models([told])
        return
    simulated = ", quan trắc MÔ PHỎNG / SIMULATED observations" if told.simulated else ""
    console.print(
        f"{len(told.models)} mô hình / models: {', '.join(told.models)}{simulated}. "
        "Kịch bản là điều kiện, không phải dự báo / a scenario is a condition, not a forecast.",
        highlight=False,
        markup=False,
    )
    for index in told.indices:
        _show_changes(index, sites)
        if index.return_periods:
            _show_return_periods(index)
    for remark in told.remarks:
        console.print(remark, markup=False, highlight=False, soft_wrap=True)


def _show_changes(index: IndexClimate, sites: Sites) -> None:
    place = "trung bình các địa điểm / mean of all sites" if index.site is None else sites[index.site].name_vi
    console.print(
        f"\n{index.title_vi} / {index.title_en}, {place}: {_number(index.observed, index.unit)} {index.unit} "
        f"({index.reference_first}-{index.reference_last})",
        highlight=False,
        markup=False,
    )
    table = table_of(
        "kịch bản / scenario", "năm / years", f"thay đổi / change ({index.change_unit})",
        "chưa hiệu chỉnh / unadjusted", "cùng dấu / agree", "mô hình / models",
    )  # fmt: skip
    for change in index.changes:
        table.add_row(
            change.scenario,
            f"{change.first_year}-{change.last_year}",
            _spread(change.adjusted, index.change_unit),
            "-" if change.raw is None else _spread(change.raw, index.change_unit),
            f"{change.adjusted.same_sign:.0%}",
            f"{change.adjusted.models}",
        )
    console.print(table)
    if index.bias_raw is not None and index.bias_adjusted is not None:
        console.print(
            f"sai số trên nửa sau của quan trắc / bias in the second half of the observed years ({index.unit}): "
            f"{_spread(index.bias_raw, index.unit)} -> {_spread(index.bias_adjusted, index.unit)}",
            highlight=False,
            markup=False,
        )


def _show_return_periods(index: IndexClimate) -> None:
    where = " (nơi cao nhất / highest of the sites)" if index.site is None else ""
    table = table_of(
        "kịch bản / scenario", "năm / year", f"mức / level ({index.unit}){where}", "đã là một lần trong / was once in",
        "thành một lần trong / becomes once in", "90 %", "có xu thế / with trend",
    )  # fmt: skip
    for row in index.return_periods:
        table.add_row(
            row.scenario,
            f"{row.year}",
            _number(row.level, index.unit),
            f"{row.once_in:g}",
            f"{row.becomes:.0f}",
            f"{row.low:.0f} - {row.high:.0f}",
            f"{row.models_with_trend}/{row.models}",
        )
    console.print(table)


def _spread(told: Spread, unit: str) -> str:
    median, low, high = (_signed(value, unit) for value in (told.median, told.low, told.high))
    return f"{median} [{low} {high}] {told.kind}"


def _number(value: float, unit: str) -> str:
    return f"{value:.{_DIGITS.get(unit, 2)}f}"


def _signed(value: float, unit: str) -> str:
    return f"{value:+.{_DIGITS.get(unit, 2)}f}"
