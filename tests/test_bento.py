"""`bentoml build` makes a Bento that runs where this project is not installed.

Clean means here: an environment of its own that holds the packages of `requirements.lock`, linked from the one of the
tests, and nothing of this project, in another folder than the checkout. That the packages can be fetched is not tested.
"""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import httpx
import pytest
from tiny_deployment import SMALL, a_copy

from features.settings import Settings
from haidang.chain.serve import serving

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with every package of this one but the project."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if "haidang" not in package.name:
            (packages / package.name).symlink_to(package)
    return python


def test_a_bento_runs_in_a_clean_environment_and_answers(
    clean: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    there = subprocess.run([clean, "-c", "import serving"], cwd=elsewhere, capture_output=True, text=True, check=False)
    assert "No module named 'serving'" in there.stderr

    monkeypatch.setenv("BENTOML_HOME", str(elsewhere / "bentoml"))
    built = subprocess.run(
        [sys.executable, "-m", "bentoml", "build", ".", "--output", "tag"],
        env={**os.environ, "BENTOML_DO_NOT_TRACK": "True"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    tag = built.stdout.strip().rpartition("__tag__:")[2]
    home = a_copy(tmp_path_factory, elsewhere / "home")
    with serving(Settings(home=home), tag, python=str(clean), folder=elsewhere) as address:
        answer = httpx.post(f"{address}/risk", json={"hazard": SMALL}, timeout=30)
        told = httpx.get(f"{address}/openapi.json", timeout=30).json()
    assert len(answer.json()["forecasts"]) == 5
    assert told["info"]["version"] == "0.1.0"
