"""Keys: shown once, kept as a digest, held for a while, revoked; roles and what they include."""

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from features.database import open_database
from features.errors import HaidangError, UnknownNameError
from haidang.cli import app
from serving.access.audit import Audit
from serving.access.callers import Caller, KeyRing, NotAllowedError
from serving.access.keys import INCLUDES, ROLES, Keys, Role, key_of

NOW = pd.Timestamp("2026-01-10 08:00", tz="Asia/Ho_Chi_Minh")
LATER = NOW + pd.Timedelta(days=30)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(open_database(f"sqlite:///{tmp_path / 'haidang.db'}"))


def test_a_key_is_known_by_its_text_until_it_expires(keys: Keys) -> None:
    made, text = keys.make("Sở Nông nghiệp", "agency", NOW, expires_at=LATER)
    held = keys.all()
    assert key_of(text, held, NOW) == made == held[made.id]
    assert key_of(text, held, LATER - pd.Timedelta(seconds=1)) == made
    assert key_of(text, held, LATER) is None


def test_nothing_at_rest_tells_a_key(keys: Keys, tmp_path: Path) -> None:
    _, text = keys.make("Sở Nông nghiệp", "agency", NOW, expires_at=LATER)
    with sqlite3.connect(tmp_path / "haidang.db") as store:
        kept = " ".join(map(str, store.execute("SELECT * FROM api_keys").fetchone()))
    store.close()
    secret = text.split("_", 2)[2]
    assert len(secret) == 43  # 256 bits in base64
    assert secret not in kept
    assert all(secret.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_other_texts_are_no_keys(keys: Keys) -> None:
    made, text = keys.make("A", "reader", NOW, expires_at=LATER)
    other, _ = keys.make("B", "operator", NOW, expires_at=LATER)
    held = keys.all()
    swapped = f"hd_{other.id}_{text.split('_', 2)[2]}"
    for wrong in ("", "hd", "hd__", f"hd_{made.id}", f"hd_{made.id}_", text[:-1], text + "a", swapped, "Ạ_b_c"):
        assert key_of(wrong, held, NOW) is None


def test_a_revoked_key_is_gone_at_the_next_refresh_and_keeps_its_moment(keys: Keys) -> None:
    ring = KeyRing(keys)
    made, text = keys.make("A", "reader", NOW, expires_at=LATER)
    assert ring.key_of(text, NOW) is None, "nothing was read yet"
    ring.refresh()
    assert ring.key_of(text, NOW) == made
    assert keys.revoke(made.id, NOW).revoked_at == NOW
    assert keys.revoke(made.id, LATER).revoked_at == NOW
    ring.refresh()
    assert ring.key_of(text, NOW) is None


def test_what_cannot_be_a_key_is_refused(keys: Keys) -> None:
    with pytest.raises(HaidangError, match="name the agency or person"):
        keys.make(" ", "reader", NOW, expires_at=LATER)
    with pytest.raises(HaidangError, match="choose a later day"):
        keys.make("A", "reader", NOW, expires_at=NOW)
    with pytest.raises(UnknownNameError, match="unknown key 'abc'"):
        keys.revoke("abc", NOW)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (None, {"reader"}),
        ("reader", {"reader"}),
        ("agency", {"reader", "agency"}),
        ("forecaster", {"reader", "agency", "forecaster"}),
        ("approver", {"reader", "agency", "approver"}),
        ("operator", {"reader", "operator"}),
    ],
)
def test_a_role_includes_others_but_nobody_proposes_and_approves(keys: Keys, role: Role | None, may: set[Role]) -> None:
    key = None if role is None else keys.make("A", role, NOW, expires_at=LATER)[0]
    assert {one for one in ROLES if Caller(key).may(one)} == may
    assert not any({"forecaster", "approver"} <= INCLUDES[one] for one in ROLES)


def test_who_has_no_key_is_told_of_one_and_who_has_another_role_is_told_which(keys: Keys) -> None:
    with pytest.raises(NotAllowedError, match="to see farms takes a key with the role agency") as refused:
        Caller().needs("agency", "see farms")
    assert refused.value.status == 401
    key, _ = keys.make("A", "reader", NOW, expires_at=LATER)
    with pytest.raises(NotAllowedError, match=f"key {key.id} has the role reader") as refused:
        Caller(key).needs("agency", "see farms")
    assert refused.value.status == 403


def test_the_commands_make_list_and_revoke_and_write_it_into_the_audit(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        told = CliRunner().invoke(app, ["--home", str(tmp_path), "keys", *words], catch_exceptions=False)
        assert told.exit_code == 0, told.output
        return told.stdout

    said = run("make", "Chi cục Thủy sản", "--role", "agency", "--by", "an.nguyen", "--days", "10")
    text = next(line for line in said.splitlines() if line.startswith("hd_"))
    (listed,) = json.loads(run("list", "--json"))
    assert (listed["holder"], listed["role"], listed["state"]) == ("Chi cục Thủy sản", "agency", "holds")
    assert text not in run("list") and text.split("_", 2)[2] not in run("list", "--json")
    run("revoke", listed["id"], "--by", "an.nguyen")
    assert json.loads(run("list", "--json"))[0]["state"] == "revoked"
    audit = Audit(open_database(f"sqlite:///{tmp_path / 'haidang.db'}"))
    assert [(one.who, one.what, one.about) for one in audit.entries()] == [
        ("an.nguyen", "key made", listed["id"]),
        ("an.nguyen", "key revoked", listed["id"]),
    ]
    assert not audit.verify().faults
