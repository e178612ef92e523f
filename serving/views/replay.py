"""The passport of a stored forecast, and its replay from the archive as it was known then."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from deltalake.exceptions import DeltaError

from features.errors import HaidangError
from models.forecaster import ArtifactError, Card, Forecaster, load_forecaster, read_card
from models.hazard import Hazard
from models.issued import ISSUED
from serving.deployment import Deployment
from serving.issued.issue import issue
from serving.schemas.record_models import Difference, InputState, Passport, Replay
from serving.views.rendering import beyond, input_ages

_WORDS = {
    True: ("tính lại trùng khớp từng byte", "worked out again, it is equal byte for byte"),
    False: ("tính lại không trùng khớp", "worked out again, it is not equal"),
    None: ("không tính lại được", "it cannot be worked out again"),
}


def passport(deployment: Deployment, told: str, record: pd.Series) -> Passport:
    """The passport of a record, the columns of `models.issued.ISSUED`; its id is `told`."""
    zone = deployment.settings.local_zone
    hazard = deployment.hazards.get(record["hazard"])
    missing = [str(name) for name in record["missing"]]
    card = next((card for _, card in _kept(deployment, record["hazard"], record["forecaster"])), None)
    facts = {} if card is None else card.model_dump()
    of_card = (
        "code_version", "libraries", "basis", "fitted_at", "learned_from", "learned_until", "truth_read_at", "rows",
        "simulated", "baselines_beaten",
    )  # fmt: skip
    return Passport(
        id=told,
        hazard=record["hazard"],
        site=record["site"],
        lead=record["lead"],
        issue_time=record["issue_time"].tz_convert(zone),
        issued_at=record["issued_at"].tz_convert(zone),
        archive_version=record["archive_version"],
        model_version=record["forecaster"],
        fingerprint=record["fingerprint"],
        declared_so_today=hazard is not None and hazard.fingerprint == record["fingerprint"],
        model_at_hand=card is not None,
        **{name: facts.get(name) for name in of_card},
        features=[] if hazard is None else [feature.name for feature in hazard.features],
        features_missing=missing,
        step=record["step"] if isinstance(record["step"], str) else None,
        inputs=_inputs(hazard, record, missing, zone),
    )


def replay(deployment: Deployment, told: str, record: pd.Series) -> Replay:
    """Works a record out again, from the archive in the version that was read, and compares every stored column.

    Columns that were not kept yet when the record was stored are not compared.
    """
    stored = _canonical(record)
    try:
        fresh = _again(deployment, record)
    except (HaidangError, DeltaError) as error:
        return _replay(told, stored, None, [], str(error))
    replayed = {name: text for name, text in _canonical(fresh).items() if name in stored}
    differing = [name for name in stored if stored[name] != replayed.get(name)]
    shown = [(name, *(_shown(deployment, one, name) for one in (record, fresh))) for name in differing]
    differences = [Difference(column=name, stored=before, replayed=after) for name, before, after in shown]
    reason = f"it differs in {', '.join(differing)}" if differing else None
    return _replay(told, stored, replayed, differences, reason)


def _again(deployment: Deployment, record: pd.Series) -> pd.Series:
    if record["hazard"] not in deployment.hazards:
        raise HaidangError(f"{record['hazard']} is no longer declared in this deployment")
    hazard = deployment.hazards[record["hazard"]]
    forecaster = kept_forecaster(deployment, hazard, record["forecaster"])
    known = deployment.archive.at_version(int(record["archive_version"]))
    records = issue(forecaster, known, record["issue_time"], issued_at=record["issued_at"])
    same = records[(records["site"] == record["site"]) & (records["period"] == record["period"])]
    if same.empty:
        raise HaidangError(f"nothing is said of the site {record['site']} any more: it may be listed otherwise today")
    return same.iloc[0]


def kept_forecaster(deployment: Deployment, hazard: Hazard, version: str) -> Forecaster:
    """A forecaster that is kept on the shelf or beside it, champion or not.

    Raises:
        HaidangError: if it is not kept any more, or is not as it was.
    """
    folder = next((folder for folder, _ in _kept(deployment, hazard.name, version)), None)
    if folder is None:
        raise HaidangError(f"the forecaster {version} of {hazard.name} is no longer kept on the shelf or beside it")
    return load_forecaster(folder, hazard)


def _kept(deployment: Deployment, hazard: str, version: str) -> Iterator[tuple[Path, Card]]:
    """Where a forecaster lies, with its card: promoted, or only fitted."""
    for promotion in deployment.shelf.promotions(hazard):
        if promotion.card.version == version:
            yield promotion.folder, promotion.card
    fitted = deployment.settings.forecasters / f"{hazard}-{version}"
    with suppress(ArtifactError):
        yield fitted, read_card(fitted)


def _inputs(hazard: Hazard | None, record: pd.Series, missing: list[str], zone: str) -> list[InputState]:
    found = []
    for age in input_ages(record["inputs"], zone):
        reading = [] if hazard is None else [one.name for one in hazard.features if age.variable in one.variables]
        lost = sum(name in missing for name in reading)
        state = "used" if lost == 0 else "used in part" if lost < len(reading) else "stale or out of reach"
        if age.data_until is None:
            state = "missing"
        told = {**age.model_dump(), "features": len(reading), "features_missing": lost, "state": state}
        found.append(InputState.model_validate(told))
    return found


def _canonical(record: pd.Series) -> dict[str, str]:
    """Each column that was kept as JSON; floats have as many digits as tell them from every other."""
    whole = pa.Table.from_pylist([{name: _plain(record[name]) for name in ISSUED.names}], ISSUED).to_pylist()[0]
    return {
        name: json.dumps(value, ensure_ascii=False, default=lambda moment: moment.isoformat())
        for name, value in whole.items()
        if value is not None
    }


def _shown(deployment: Deployment, record: pd.Series, column: str) -> str:
    """A column as JSON, without the values of inputs that are not said."""
    if column == "outside":
        told = deployment.hides.values(deployment.hazard(record["hazard"]), beyond(record[column]))
        return json.dumps([one.model_dump() for one in told], ensure_ascii=False)
    return _canonical(record).get(column, "null")


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return None if not isinstance(value, list) and pd.isna(value) else value  # type: ignore[call-overload]


def _replay(
    told: str,
    stored: dict[str, str],
    replayed: dict[str, str] | None,
    differences: list[Difference],
    reason: str | None,
) -> Replay:
    equal = None if replayed is None else replayed == stored
    return Replay(
        id=told,
        equal=equal,
        told_vi=_WORDS[equal][0],
        told_en=_WORDS[equal][1],
        reason=reason,
        sha256_stored=_digest(stored),
        sha256_replayed=None if replayed is None else _digest(replayed),
        differences=differences,
    )


def _digest(columns: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(columns, ensure_ascii=False).encode()).hexdigest()
