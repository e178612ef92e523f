"""Norms of water, hosts and agents."""

import pytest

from features.errors import UnknownNameError
from features.norms import NORMS, norms_named
from features.variables import VARIABLES


def spans(name: str) -> dict[str, str]:
    return {norm.variable: norm.span for norm in norms_named(name)}


def test_the_norm_of_ponds_says_what_it_says() -> None:
    assert spans("QCVN 02-19") == {
        "dissolved_oxygen": "dissolved_oxygen from 3.5 mg/L",
        "pond_temperature": "pond_temperature from 18 up to 33 degC",
        "pond_salinity": "pond_salinity from 5 up to 35 g/kg",
        "water_ph": "water_ph from 7 up to 9",
        "alkalinity": "alkalinity from 60 up to 180 mg/L",
        "ammonia": "ammonia below 0.3 mg/L",
        "hydrogen_sulfide": "hydrogen_sulfide below 0.05 mg/L",
        "water_transparency": "water_transparency from 20 up to 50 cm",
    }
    marks = {norm.variable: norm.mark for norm in norms_named("QCVN 02-19")}
    assert marks["pond_salinity"] == "S1"
    assert marks["alkalinity"] == "M"


def test_the_norm_of_coastal_water_says_what_it_says() -> None:
    assert spans("QCVN 10:2023/BTNMT") == {
        "water_ph": "water_ph from 6.5 up to 8.5",
        "dissolved_oxygen": "dissolved_oxygen from 5 mg/L",
        "suspended_solids": "suspended_solids up to 50 mg/L",
        "ammonium": "ammonium up to 0.1 mg/L",
        "coliforms": "coliforms up to 1000 count/dL",
    }


def test_an_edge_lies_within_where_the_norm_says_so() -> None:
    salinity = next(norm for norm in norms_named("QCVN 02-19") if norm.variable == "pond_salinity")
    assert salinity.within([4.9, 5, 20, 35, 35.1, float("nan")]).tolist() == [False, True, True, True, False, False]
    (lutraria,) = norms_named("Lutraria survival")
    assert lutraria.within([25, 25.1, 34.9, 35]).tolist() == [False, True, True, False]
    ammonia = next(norm for norm in norms_named("QCVN 02-19") if norm.variable == "ammonia")
    assert ammonia.within([0, 0.29, 0.3]).tolist() == [True, True, False]


def test_every_norm_limits_a_declared_variable_and_says_how_well_it_is_known() -> None:
    for norm in NORMS:
        assert VARIABLES[norm.variable].low <= norm.high
        assert norm.low < norm.high
        assert norm.mark in {"V", "S1", "M"}
        assert norm.kind in {"water", "host", "agent"}
        assert norm.source


def test_an_unknown_norm_and_a_name_of_several_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown norm 'QCVN 3': there is QCVN"):
        norms_named("QCVN 3")
    with pytest.raises(UnknownNameError, match="unknown norm 'QCVN'"):
        norms_named("QCVN")
    with pytest.raises(UnknownNameError, match="unknown norm ''"):
        norms_named("")
    assert {norm.variable for norm in norms_named("Cryptocaryon growth")} == {"water_temperature", "water_salinity"}
