"""Forecasters at rest: what was saved comes back, what was changed is refused, and the exam sees the rest."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
import xarray as xr
import xgboost
from conftest import MakeArchive, a_tiny_hazard, at
from sklearn.base import clone
from sklearn.preprocessing import FunctionTransformer

from features.archive import Archive
from features.past import MeanOver, TotalOver
from features.periods import Periods
from features.snapshot import Snapshot
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.digest import digest
from models.exam import ExamError, set_exam
from models.exceedance import Exceedance
from models.forecaster import ArtifactError, Forecaster, load_forecaster, read_card
from models.hazard import Hazard
from models.levels import AtLeast
from models.logistic import Logistic
from models.targets import Highest
from training.fit import fit

ISSUES = pd.DatetimeIndex([at("2023-03-05 07:00"), at("2023-04-01 07:00"), at("2023-05-20 07:00")])


@pytest.fixture
def folder(tmp_path: Path, tiny_forecaster: Forecaster) -> Path:
    tiny_forecaster.save(tmp_path / "forecaster")
    return tmp_path / "forecaster"


def resealed(folder: Path, name: str, content: bytes) -> None:
    """What someone would do who changes a file and knows of the digests."""
    (folder / name).write_bytes(content)
    digests = json.loads((folder / "digests.json").read_text())
    digests[name] = hashlib.sha256(content).hexdigest()
    (folder / "digests.json").write_text(json.dumps(digests))


def with_estimator(folder: Path, estimator: object, version: str) -> None:
    """What someone would do who replaces the estimator and knows of the card too."""
    resealed(folder, "estimator.skops", skops.io.dumps(estimator))
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    resealed(folder, "card.json", json.dumps(card | {"version": version}).encode())


def reread(estimator: Exceedance) -> Exceedance:
    """A copy of a fitted estimator."""
    artifact = skops.io.dumps(estimator)
    types = skops.io.get_untrusted_types(data=artifact)
    copied: Exceedance = skops.io.loads(artifact, trusted=types)
    return copied


def test_what_was_saved_answers_as_before(
    folder: Path, tiny_forecaster: Forecaster, tiny_hazard: Hazard, tiny_archive: Archive
) -> None:
    loaded = load_forecaster(folder, tiny_hazard)
    assert loaded.version == tiny_forecaster.version
    assert loaded.card == tiny_forecaster.card == read_card(folder)
    pd.testing.assert_frame_equal(
        loaded.forecast(tiny_archive, ISSUES), tiny_forecaster.forecast(tiny_archive, ISSUES), check_exact=True
    )
    pd.testing.assert_frame_equal(loaded.exam.rows, tiny_forecaster.exam.rows, check_exact=True)


def test_a_forecaster_of_events_at_most_a_cut_comes_back_too(tmp_path: Path, tiny_archive: Archive) -> None:
    levels = {"dry": AtLeast(0.5, cut=2.0)}
    dry = a_tiny_hazard(target=Highest("rain", cuts=(5.0, 2.0), settle_days=1, sense="at_most"), levels=levels)
    fitted = fit(dry, tiny_archive, moment=at("2023-03-01"))
    fitted.save(tmp_path / "dry")
    loaded = load_forecaster(tmp_path / "dry", dry)
    told = loaded.forecast(tiny_archive, ISSUES)
    assert list(told.columns) == [5.0, 2.0]
    assert (told[2.0] <= told[5.0]).all()
    pd.testing.assert_frame_equal(told, fitted.forecast(tiny_archive, ISSUES), check_exact=True)


def test_what_was_loaded_can_be_saved_and_loaded_again(folder: Path, tmp_path: Path, tiny_hazard: Hazard) -> None:
    loaded = load_forecaster(folder, tiny_hazard)
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again" / "card.json").read_bytes() == (folder / "card.json").read_bytes()
    assert load_forecaster(tmp_path / "again", tiny_hazard).version == digest(loaded.estimator)


def test_a_forecast_has_a_row_for_each_question_and_a_column_for_each_cut(
    tiny_forecaster: Forecaster, tiny_archive: Archive
) -> None:
    forecast = tiny_forecaster.forecast(tiny_archive, ISSUES)
    assert list(forecast.columns) == [10.0, 30.0]
    assert len(forecast) == 3 * 5 * 2
    assert forecast.to_numpy().std() > 0.01


def test_an_issue_time_asked_alone_gets_the_answer_it_gets_among_others(
    tiny_forecaster: Forecaster, tiny_archive: Archive
) -> None:
    alone = pd.concat([tiny_forecaster.forecast(tiny_archive, issue) for issue in ISSUES])
    pd.testing.assert_frame_equal(alone, tiny_forecaster.forecast(tiny_archive, ISSUES), rtol=1e-12)


def test_saving_over_an_older_forecaster_leaves_only_the_new_one(folder: Path, tiny_forecaster: Forecaster) -> None:
    (folder / "left_over.txt").write_text("old")
    tiny_forecaster.save(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "baselines.skops", "card.json", "digests.json", "estimator.skops", "exam.parquet",
    ]  # fmt: skip
    assert [path.name for path in folder.parent.iterdir()] == ["forecaster"]


@pytest.mark.parametrize("name", ["estimator.skops", "baselines.skops", "card.json", "exam.parquet"])
def test_a_file_that_was_changed_is_refused(folder: Path, tiny_hazard: Hazard, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(ArtifactError, match=f"{name} in .* was changed after saving: restore it or fit anew"):
        load_forecaster(folder, tiny_hazard)


@pytest.mark.parametrize("name", ["estimator.skops", "baselines.skops", "card.json", "exam.parquet", "digests.json"])
def test_a_forecaster_that_lacks_a_file_is_refused(folder: Path, tiny_hazard: Hazard, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=f"not a whole forecaster.*{name}"):
        load_forecaster(folder, tiny_hazard)


def blend_of(estimator: Exceedance) -> Blend:
    """The hazard's own model within its guard and ladder, fitted."""
    blend: Blend = estimator.member_.full_  # type: ignore[attr-defined]
    return blend


def changed(forecaster: Forecaster) -> Exceedance:
    """The fitted estimator with one coefficient of one member changed."""
    estimator = reread(forecaster.estimator)
    blend_of(estimator).members_[1].regressions_[0].coef_[0, 0] += 0.1  # type: ignore[attr-defined]
    return estimator


def test_an_estimator_that_its_card_does_not_speak_of_is_refused(
    folder: Path, tiny_forecaster: Forecaster, tiny_hazard: Hazard
) -> None:
    resealed(folder, "estimator.skops", skops.io.dumps(changed(tiny_forecaster)))
    with pytest.raises(ArtifactError, match="not the one its card speaks of"):
        load_forecaster(folder, tiny_hazard)


def test_an_estimator_that_answers_otherwise_fails_its_exam_on_loading(
    folder: Path, tiny_forecaster: Forecaster, tiny_hazard: Hazard
) -> None:
    with_estimator(folder, other := changed(tiny_forecaster), digest(other))
    with pytest.raises(ExamError, match="the model was changed"):
        load_forecaster(folder, tiny_hazard)


class Foreign(Logistic):
    """A kind of estimator that nobody allowed."""


def a_foreign_member(forecaster: Forecaster) -> object:
    estimator = reread(forecaster.estimator)
    blend_of(estimator).members_[0] = Foreign()
    return estimator


def a_foreign_function(forecaster: Forecaster) -> object:
    estimator = reread(forecaster.estimator)
    estimator.extra = FunctionTransformer(shout)  # type: ignore[attr-defined]
    return estimator


def shout(X: object) -> object:
    """A function that nobody allowed."""
    raise AssertionError("foreign code was run")


@pytest.mark.parametrize("make", [a_foreign_member, a_foreign_function])
def test_a_foreign_type_is_refused(
    folder: Path, tiny_forecaster: Forecaster, tiny_hazard: Hazard, make: Callable[[Forecaster], object]
) -> None:
    with_estimator(folder, make(tiny_forecaster), tiny_forecaster.version)
    with pytest.raises(ArtifactError, match="holds types that are not allowed.*(Foreign|shout)"):
        load_forecaster(folder, tiny_hazard)


def test_an_estimator_at_rest_holds_no_pickle(folder: Path) -> None:
    with zipfile.ZipFile(folder / "estimator.skops") as artifact:
        contents = {name: artifact.read(name) for name in artifact.namelist()}
    assert "schema.json" in contents
    for name, content in contents.items():
        assert name.endswith((".json", ".npy", ".bin")), name  # trees are bytes in xgboost's own format
        assert not content.startswith(b"\x80")  # the mark of a pickle
        if name.endswith(".npy"):
            assert not np.load(io.BytesIO(content), allow_pickle=False).dtype.hasobject


OTHER_FEATURES: dict[str, dict[str, object]] = {
    "a feature more": {"features": (*a_tiny_hazard().features, MeanOver("rain", days=8))},
    "another look-back": {
        "features": tuple(
            MeanOver("rain", days=14) if feature == MeanOver("rain", days=7) else feature
            for feature in a_tiny_hazard().features
        )
    },
    "another order": {"features": a_tiny_hazard().features[::-1]},
    "another cut": {"target": Highest("rain", cuts=(10.0, 31.0), settle_days=1), "levels": {}},
    "another settling": {"target": Highest("rain", cuts=(10.0, 30.0), settle_days=2)},
    "other periods": {"periods": Periods(days=3, count=3)},
    "another model": {"model": Blend(members=(Logistic(),), folds=2)},
    "another parameter deep within": {"model": Blend(members=(PerPeriod(member=Logistic(C=0.5)),), folds=2)},
    "other sites": {"where": "shrimp_ponds"},
    "another name": {"name": "tiny_too"},
}


@pytest.mark.parametrize("changes", OTHER_FEATURES.values(), ids=OTHER_FEATURES)
def test_a_hazard_that_is_declared_otherwise_than_at_fit_time_is_refused(
    folder: Path, tiny_hazard: Hazard, changes: dict[str, object]
) -> None:
    other = replace(tiny_hazard, **changes)  # type: ignore[arg-type]
    with pytest.raises(ArtifactError, match=f"fitted for tiny.*train {other.name}.*promote"):
        load_forecaster(folder, other)


def test_what_changes_no_answer_leaves_the_fingerprint(tiny_hazard: Hazard) -> None:
    other = replace(tiny_hazard, title_en="Rain", reference="elsewhere", levels={"low": AtLeast(0.1, cut=10.0)})
    assert other.fingerprint == tiny_hazard.fingerprint == a_tiny_hazard().fingerprint


def test_a_parameter_deep_within_a_model_changes_the_fingerprint(tiny_hazard: Hazard) -> None:
    models = [Blend(members=(PerPeriod(member=Logistic(C=C)),), folds=2) for C in (0.5, 1.0)]
    assert len({replace(tiny_hazard, model=model).fingerprint for model in models}) == 2


def test_a_fresh_forecaster_passes_its_exam(
    tiny_forecaster: Forecaster, tiny_hazard: Hazard, tiny_archive: Archive
) -> None:
    exam = tiny_forecaster.exam
    assert len(exam.rows) == 20
    exam.sit(tiny_forecaster.estimator)
    exam.sit_from_archive(tiny_hazard, tiny_archive)


def test_the_exam_asks_from_the_lowest_to_the_highest_risk(tiny_hazard: Hazard, tiny_archive: Archive) -> None:
    rows = tiny_hazard.ask(tiny_archive, pd.date_range(at("2022-05-01 07:00"), periods=60, freq="D"))
    estimator = Logistic((10.0,)).fit(rows, rows["total_over(rain, days=1, coverage=1.0)"])
    given, risk = set_exam(rows, estimator).answers["10.0"], estimator.predict_exceedance(rows)[:, 0]
    assert (given.min(), given.max()) == (risk.min(), risk.max())
    assert given.median() == pytest.approx(np.median(risk), abs=0.05)


def test_an_exam_is_not_passed_with_another_coefficient(tiny_forecaster: Forecaster) -> None:
    with pytest.raises(ExamError, match="an answer differs"):
        tiny_forecaster.exam.sit(changed(tiny_forecaster))


def test_another_coefficient_or_parameter_gives_another_version(tiny_forecaster: Forecaster) -> None:
    copied = reread(tiny_forecaster.estimator)
    assert digest(copied) == tiny_forecaster.version
    assert digest(changed(tiny_forecaster)) != tiny_forecaster.version
    assert digest(copied.set_params(min_events=21)) != tiny_forecaster.version


def test_a_version_of_what_has_no_plain_value_is_refused(tiny_forecaster: Forecaster) -> None:
    copied = reread(tiny_forecaster.estimator)
    copied.extra = shout  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="digest of function is not defined"):
        digest(copied)


def test_an_exam_is_not_passed_with_another_weight(tiny_forecaster: Forecaster) -> None:
    estimator = reread(tiny_forecaster.estimator)
    blend_of(estimator).weights_[0, 0] += 0.01
    with pytest.raises(ExamError, match="an answer differs"):
        tiny_forecaster.exam.sit(estimator)


def test_an_exam_is_not_passed_with_answers_that_are_no_numbers(tiny_forecaster: Forecaster) -> None:
    estimator = reread(tiny_forecaster.estimator)
    blend_of(estimator).weights_[:] = np.nan
    with pytest.raises(ExamError):
        tiny_forecaster.exam.sit(estimator)


def test_an_exam_is_not_passed_with_one_tree_less(tiny_hazard: Hazard, tiny_archive: Archive) -> None:
    rows = tiny_hazard.ask(tiny_archive, pd.date_range(at("2022-05-01 07:00"), periods=60, freq="D"))
    outcome = rows["total_over(rain, days=1, coverage=1.0)"].fillna(0.0).to_numpy()
    estimator = Boosted((10.0,), rounds=20).fit(rows, outcome)
    exam = set_exam(rows, estimator)
    same = clone(estimator).fit(rows, outcome)
    exam.sit(same)
    one_tree_less = xgboost.Booster(model_file=bytearray(same.booster_))[:19]
    same.booster_ = bytes(one_tree_less.save_raw("ubj"))
    with pytest.raises(ExamError, match="an answer differs"):
        exam.sit(same)


def test_an_exam_from_the_archive_names_the_feature_that_is_made_otherwise(
    tiny_forecaster: Forecaster, tiny_hazard: Hazard, tiny_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slightly_more(self: TotalOver, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        return snapshot.past(self.variable, self.days).sum("back", skipna=False) + 1e-9

    monkeypatch.setattr(TotalOver, "__call__", slightly_more)
    with pytest.raises(ExamError, match=r"otherwise than at fit time: total_over\(rain, days=1, coverage=1.0\); fit"):
        tiny_forecaster.exam.sit_from_archive(tiny_hazard, tiny_archive)


def test_an_exam_can_be_sat_from_an_archive_that_has_learned_more(
    tiny_forecaster: Forecaster, tiny_hazard: Hazard, tiny_entries: pd.DataFrame, archive: MakeArchive
) -> None:
    grown = archive(entries=tiny_entries)
    tiny_forecaster.exam.sit_from_archive(tiny_hazard, grown)
    observed = tiny_entries[tiny_entries["source"] == "station"]
    corrections = observed[observed["valid_time"] < at("2023-03-01")].assign(value=7.0, known_time=at("2023-06-01"))
    assert grown.append(corrections).accepted == len(corrections)
    tiny_forecaster.exam.sit_from_archive(tiny_hazard, grown)
