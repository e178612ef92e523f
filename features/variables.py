"""The variables: one table of CF names, canonical units and plausible ranges."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from features.errors import UnknownNameError


@dataclass(frozen=True)
class Variable:
    """A measured quantity.

    Attributes:
        unit: canonical unit, as pint reads it.
        low: lowest plausible value, in the unit.
        high: highest plausible value, in the unit.
        title_en: English title.
        title_vi: Vietnamese title.
        standard_name: CF standard name, where there is one.
        span_days: length of the stretch a value speaks of, from its valid time on: 0 for a sample at a moment, 1 for
            a daily value, 7 for a weekly composite. An observation cannot be known before its stretch is over.
        forecast: whether a value may be known before its stretch is over, that is, whether anybody forecasts it.
    """

    unit: str
    low: float
    high: float
    title_en: str
    title_vi: str
    standard_name: str | None = None
    span_days: int = 1
    forecast: bool = False


VARIABLES: Mapping[str, Variable] = MappingProxyType(
    {
        "rain": Variable(
            "mm", 0, 2000, "Rain, local day", "Lượng mưa ngày", "thickness_of_rainfall_amount", forecast=True
        ),
        "air_temperature": Variable(
            "degC",
            -15,
            48,
            "Air temperature, daily mean",
            "Nhiệt độ không khí trung bình ngày",
            "air_temperature",
            forecast=True,
        ),
        "highest_air_temperature": Variable(
            "degC",
            -15,
            52,
            "Air temperature, daily maximum",
            "Nhiệt độ không khí cao nhất ngày",
            "air_temperature",
            forecast=True,
        ),
        "wind_speed": Variable(
            "m/s", 0, 120, "Wind, highest of the day", "Gió mạnh nhất ngày", "wind_speed", forecast=True
        ),
        "rain_ensemble_mean": Variable(
            "mm", 0, 2000, "Rain, ensemble mean", "Lượng mưa, trung bình tổ hợp", forecast=True
        ),
        "rain_ensemble_high": Variable(
            "mm", 0, 2000, "Rain, ninth of ten members", "Lượng mưa, thành viên thứ chín", forecast=True
        ),
        "wind_speed_ensemble_high": Variable(
            "m/s", 0, 120, "Wind, ninth of ten members", "Gió mạnh nhất, thành viên thứ chín", forecast=True
        ),
        "water_level": Variable(
            "m",
            -5,
            12,
            "Highest water level of the day above mean sea level",
            "Mực nước cao nhất ngày so với mực nước biển trung bình",
            "sea_surface_height_above_mean_sea_level",
            forecast=True,
        ),
        "river_stage": Variable(
            "m", -20, 25, "Highest river stage above alarm level I", "Mực nước sông cao nhất so với báo động I"
        ),
        "soil_wetness": Variable("percent", 0, 100, "Soil wetness, share of capacity", "Độ ẩm đất so với sức chứa"),
        "landslides": Variable("count", 0, 1000, "Landslides and flash floods", "Số vụ sạt lở, lũ quét"),
        "pond_temperature": Variable("degC", 0, 45, "Pond water temperature", "Nhiệt độ nước ao nuôi"),
        "pond_salinity": Variable("g/kg", 0, 60, "Pond salinity", "Độ mặn nước ao nuôi"),
        "white_spot_onsets": Variable(
            "count",
            0,
            5000,
            "Ponds with confirmed onset of white spot disease",
            "Số ao khởi phát bệnh đốm trắng đã xác nhận",
        ),
        "hepatopancreatic_necrosis_onsets": Variable(
            "count",
            0,
            5000,
            "Ponds with confirmed onset of acute hepatopancreatic necrosis",
            "Số ao khởi phát hoại tử gan tụy cấp đã xác nhận",
        ),
        "nervous_necrosis_events": Variable(
            "count", 0, 1000, "Outbreaks of viral nervous necrosis in cages", "Số ổ dịch hoại tử thần kinh ở lồng bè"
        ),
        "oyster_mortality_events": Variable("count", 0, 1000, "Mass mortality of oysters", "Số vụ hàu chết hàng loạt"),
        "harmful_algae": Variable("count/L", 0, 1e9, "Harmful algae, cells", "Mật độ tảo độc hại", span_days=0),
        "saxitoxin": Variable(
            "ug/hg",
            0,
            20000,
            "Saxitoxin in shellfish, per 100 g",
            "Saxitoxin trong nhuyễn thể, trên 100 g",
            span_days=0,
        ),
        "satellite_sea_temperature": Variable(
            "degC",
            -3,
            40,
            "Sea surface temperature by satellite",
            "Nhiệt độ mặt biển từ vệ tinh",
            "sea_surface_temperature",
        ),
        "satellite_chlorophyll": Variable(
            "mg/m^3",
            0,
            500,
            "Chlorophyll-a by satellite",
            "Diệp lục a từ vệ tinh",
            "mass_concentration_of_chlorophyll_a_in_sea_water",
        ),
        "domoic_acid": Variable(
            "ug/g", 0, 1000, "Domoic acid in razor clams", "Axit domoic trong ngao móng tay", span_days=0
        ),
        "pseudo_nitzschia": Variable(
            "count/L", 0, 1e9, "Pseudo-nitzschia cells", "Mật độ tảo Pseudo-nitzschia", span_days=0
        ),
        "sea_surface_temperature": Variable(
            "degC", -3, 40, "Sea surface temperature", "Nhiệt độ mặt biển", "sea_surface_temperature", 7
        ),
        "sea_surface_temperature_anomaly": Variable(
            "delta_degC",
            -15,
            15,
            "Sea surface temperature anomaly",
            "Dị thường nhiệt độ mặt biển",
            "surface_temperature_anomaly",
            7,
        ),
        "chlorophyll": Variable(
            "mg/m^3", 0, 500, "Chlorophyll-a", "Diệp lục a", "mass_concentration_of_chlorophyll_a_in_sea_water", 7
        ),
        "chlorophyll_anomaly": Variable("mg/m^3", -500, 500, "Chlorophyll-a anomaly", "Dị thường diệp lục a", None, 7),
        "photosynthetic_radiation": Variable(
            "mol/m^2/day", 0, 80, "Photosynthetically available radiation", "Bức xạ quang hợp", None, 7
        ),
        "river_discharge": Variable(
            "m^3/s", 0, 3e5, "River discharge", "Lưu lượng sông", "water_volume_transport_in_river_channel"
        ),
        "nutrient_upwelling": Variable(
            "mmol/m/s", -500, 500, "Biologically effective upwelling (BEUTI)", "Nước trồi giàu dinh dưỡng (BEUTI)"
        ),
        "oceanic_nino_index": Variable("delta_degC", -6, 6, "Oceanic Niño index", "Chỉ số ONI", None, 28),
        "pacific_decadal_index": Variable(
            "dimensionless", -8, 8, "Pacific decadal oscillation index", "Chỉ số PDO", None, 28
        ),
    }
)


def variable_named(name: str) -> Variable:
    """Looks up a declared variable.

    Raises:
        UnknownNameError: if no variable has this name.
    """
    try:
        return VARIABLES[name]
    except KeyError:
        raise UnknownNameError("variable", name, VARIABLES) from None
