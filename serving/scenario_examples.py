"""Examples for OpenAPI: answers of the simulated province, as they were given."""
# ruff: noqa: E501  (sentences as they were told)

from typing import Any

SCENARIO: dict[str, Any] = {
    "places": [
        {
            "asked": "Hạ Long",
            "site": "06688",
            "name_vi": "Hạ Long",
            "name_en": "Ha Long",
            "found_by": "name",
            "distance_km": None,
        }
    ],
    "answers": [
        {
            "hazard": "heavy_rain",
            "title_vi": "Mưa lớn",
            "title_en": "Heavy rain",
            "unit": "mm",
            "sense": "at_least",
            "scenario": True,
            "told_vi": "GIẢ ĐỊNH, không phải dự báo đã phát: Mưa lớn",
            "told_en": "SCENARIO, not an issued forecast: Heavy rain",
            "origin": "hindcast",
            "simulated": True,
            "issue_time": "2023-07-10T07:00:00+07:00",
            "model_version": "67f4e14cfc1b",
            "archive_version": 4,
            "warning_levels": [
                {
                    "name": "watch",
                    "title_vi": "theo dõi",
                    "title_en": "watch",
                    "hex": "#FFD43B",
                    "probability": 0.3,
                    "cut": 100.0,
                },
                {
                    "name": "warning",
                    "title_vi": "cảnh báo",
                    "title_en": "warning",
                    "hex": "#FFA94D",
                    "probability": 0.3,
                    "cut": 200.0,
                },
                {
                    "name": "severe",
                    "title_vi": "nghiêm trọng",
                    "title_en": "severe",
                    "hex": "#E03131",
                    "probability": 0.3,
                    "cut": 400.0,
                },
            ],
            "changes": [
                {
                    "number": 0,
                    "kind": "scale",
                    "read": True,
                    "variables": ["rain", "rain_ensemble_mean", "rain_ensemble_high"],
                    "left": ["rain_ensemble_heavy"],
                    "values": 33,
                    "held": 0,
                    "told_vi": "Lượng mưa ngày; Lượng mưa, trung bình tổ hợp; Lượng mưa, thành viên thứ chín × 1.5, từ ngày phát trở đi",
                    "told_en": "Rain, local day; Rain, ensemble mean; Rain, ninth of ten members × 1.5, from the issue day on",
                }
            ],
            "verdict": {
                "told": "inside",
                "periods": 1,
                "outside": 0,
                "newly_outside": 0,
                "held": 0,
                "features": [],
                "told_vi": "mọi đầu vào nằm trong phạm vi đã học: có thể hỏi mô hình điều này",
                "told_en": "all inputs lie within the range of training: the model may be asked that",
            },
            "drivers_withheld": None,
            "drivers_withheld_vi": None,
            "forecasts": [
                {
                    "site": "06688",
                    "name_vi": "Hạ Long",
                    "name_en": "Ha Long",
                    "periods": [
                        {
                            "lead": 1,
                            "valid_from": "2023-07-11T00:00:00+07:00",
                            "valid_to": "2023-07-12T00:00:00+07:00",
                            "probabilities": [
                                {"issued": 0.707873, "scenario": 0.730654, "difference": 0.022781, "cut": 16.0},
                                {"issued": 0.161262, "scenario": 0.234159, "difference": 0.072897, "cut": 25.0},
                                {"issued": 0.005038, "scenario": 0.013197, "difference": 0.008159, "cut": 50.0},
                                {"issued": 6.1e-05, "scenario": 0.00029, "difference": 0.000229, "cut": 100.0},
                                {"issued": 3e-06, "scenario": 1.5e-05, "difference": 1.2e-05, "cut": 200.0},
                                {"issued": 1e-06, "scenario": 1e-06, "difference": 0.0, "cut": 400.0},
                            ],
                            "expected": {"issued": 16.9744, "scenario": 18.7343, "difference": 1.7599},
                            "interval_issued": {"probability": 0.9, "low": 2.4243, "high": 36.0706},
                            "interval_scenario": {"probability": 0.9, "low": 3.3754, "high": 40.0012},
                            "level_issued": None,
                            "level_scenario": None,
                            "moved": [
                                "total_ahead(rain)",
                                "total_ahead(rain_ensemble_mean)",
                                "total_ahead(rain_ensemble_high)",
                                "neighbour_mean(total_ahead(rain), scale_km=20.0)",
                                "neighbour_mean(total_ahead(rain_ensemble_mean), scale_km=20.0)",
                                "highest_ahead(rain, margin_days=1)",
                                "neighbour_max(total_ahead(rain), within_km=40.0)",
                            ],
                            "beyond_training": [],
                            "raised": False,
                            "promise": "kept",
                            "step": "full",
                            "drivers": [
                                {
                                    "issued": -0.2887,
                                    "scenario": 1.0889,
                                    "difference": 1.3776,
                                    "name": "rain_ahead",
                                    "title_vi": "mưa dự báo",
                                    "title_en": "rain ahead",
                                },
                                {
                                    "issued": 0.5592,
                                    "scenario": 1.7053,
                                    "difference": 1.1461,
                                    "name": "storm_ahead",
                                    "title_vi": "bão dự báo",
                                    "title_en": "storm ahead",
                                },
                                {
                                    "issued": -0.7967,
                                    "scenario": -1.4875,
                                    "difference": -0.6908,
                                    "name": "air_ahead",
                                    "title_vi": "không khí dự báo",
                                    "title_en": "state of the air ahead",
                                },
                                {
                                    "issued": -0.2321,
                                    "scenario": -0.5007,
                                    "difference": -0.2686,
                                    "name": "season_and_place",
                                    "title_vi": "mùa và địa điểm",
                                    "title_en": "season and place",
                                },
                                {
                                    "issued": 0.0,
                                    "scenario": 0.0,
                                    "difference": 0.0,
                                    "name": "temperature_ahead",
                                    "title_vi": "nhiệt độ dự báo",
                                    "title_en": "temperature ahead",
                                },
                                {
                                    "issued": -0.0987,
                                    "scenario": -0.0987,
                                    "difference": 0.0,
                                    "name": "rain_before",
                                    "title_vi": "mưa những ngày qua",
                                    "title_en": "rain of the days before",
                                },
                                {
                                    "issued": -0.0398,
                                    "scenario": -0.0398,
                                    "difference": 0.0,
                                    "name": "temperature_before",
                                    "title_vi": "nhiệt độ những ngày qua",
                                    "title_en": "temperature of the days before",
                                },
                                {
                                    "issued": -3.6275,
                                    "scenario": -3.6275,
                                    "difference": 0.0,
                                    "name": "usual_inputs",
                                    "title_vi": "mức khi mọi đầu vào như thường lệ",
                                    "title_en": "the level where all inputs are usual",
                                },
                            ],
                        }
                    ],
                }
            ],
        }
    ],
    "not_read": [],
    "withheld": [],
    "left_out": [],
}

EXPLANATION: dict[str, Any] = {
    "places": [
        {
            "asked": "Hạ Long",
            "site": "06688",
            "name_vi": "Hạ Long",
            "name_en": "Ha Long",
            "found_by": "name",
            "distance_km": None,
        }
    ],
    "answers": [
        {
            "hazard": "heavy_rain",
            "title_vi": "Mưa lớn",
            "title_en": "Heavy rain",
            "unit": "mm",
            "sense": "at_least",
            "cut": 100.0,
            "origin": "hindcast",
            "simulated": True,
            "issue_time": "2023-07-10T07:00:00+07:00",
            "model_version": "67f4e14cfc1b",
            "archive_version": 4,
            "forecasts": [
                {
                    "site": "06688",
                    "name_vi": "Hạ Long",
                    "name_en": "Ha Long",
                    "periods": [
                        {
                            "lead": 1,
                            "valid_from": "2023-07-11T00:00:00+07:00",
                            "valid_to": "2023-07-12T00:00:00+07:00",
                            "probability": 6.1e-05,
                            "log_odds": -9.710081,
                            "climatology": 0.005564,
                            "climatology_log_odds": -5.1858,
                            "usual": 0.000149,
                            "usual_log_odds": -8.813269,
                            "drivers": [
                                {
                                    "name": "air_ahead",
                                    "title_vi": "không khí dự báo",
                                    "title_en": "state of the air ahead",
                                    "log_odds": -0.796727,
                                    "told_vi": "giảm rõ do không khí dự báo (tỷ số chênh × 0,45)",
                                    "told_en": "lowered clearly by state of the air ahead (odds × 0.45)",
                                },
                                {
                                    "name": "storm_ahead",
                                    "title_vi": "bão dự báo",
                                    "title_en": "storm ahead",
                                    "log_odds": 0.559174,
                                    "told_vi": "tăng rõ do bão dự báo (tỷ số chênh × 1,7)",
                                    "told_en": "raised clearly by storm ahead (odds × 1.7)",
                                },
                                {
                                    "name": "rain_ahead",
                                    "title_vi": "mưa dự báo",
                                    "title_en": "rain ahead",
                                    "log_odds": -0.288658,
                                    "told_vi": "giảm nhẹ do mưa dự báo (tỷ số chênh × 0,75)",
                                    "told_en": "lowered slightly by rain ahead (odds × 0.75)",
                                },
                                {
                                    "name": "season_and_place",
                                    "title_vi": "mùa và địa điểm",
                                    "title_en": "season and place",
                                    "log_odds": -0.232142,
                                    "told_vi": "giảm nhẹ do mùa và địa điểm (tỷ số chênh × 0,79)",
                                    "told_en": "lowered slightly by season and place (odds × 0.79)",
                                },
                                {
                                    "name": "rain_before",
                                    "title_vi": "mưa những ngày qua",
                                    "title_en": "rain of the days before",
                                    "log_odds": -0.098686,
                                    "told_vi": "hầu như không đổi do mưa những ngày qua",
                                    "told_en": "hardly moved by rain of the days before",
                                },
                                {
                                    "name": "temperature_before",
                                    "title_vi": "nhiệt độ những ngày qua",
                                    "title_en": "temperature of the days before",
                                    "log_odds": -0.039774,
                                    "told_vi": "hầu như không đổi do nhiệt độ những ngày qua",
                                    "told_en": "hardly moved by temperature of the days before",
                                },
                                {
                                    "name": "temperature_ahead",
                                    "title_vi": "nhiệt độ dự báo",
                                    "title_en": "temperature ahead",
                                    "log_odds": 0.0,
                                    "told_vi": "hầu như không đổi do nhiệt độ dự báo",
                                    "told_en": "hardly moved by temperature ahead",
                                },
                            ],
                            "told_vi": "< 1 %, bình thường < 1 %: giảm rõ do không khí dự báo (tỷ số chênh × 0,45); tăng rõ do bão dự báo (tỷ số chênh × 1,7); giảm nhẹ do mưa dự báo (tỷ số chênh × 0,75); giảm nhẹ do mùa và địa điểm (tỷ số chênh × 0,79)",
                            "told_en": "< 1 %, usually < 1 %: lowered clearly by state of the air ahead (odds × 0.45); raised clearly by storm ahead (odds × 1.7); lowered slightly by rain ahead (odds × 0.75); lowered slightly by season and place (odds × 0.79)",
                            "step": "full",
                        }
                    ],
                }
            ],
        }
    ],
    "withheld": [],
    "left_out": [],
}

EXAMPLES = {"ScenarioAnswer": SCENARIO, "ExplainAnswer": EXPLANATION}
"""By the name of the schema; FastAPI takes what is null out of examples that stand in a model."""
