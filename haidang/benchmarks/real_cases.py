"""The benchmark on real data: every case that stands on some, tested as it says, in one table with a verdict a line."""

import argparse
import time
from pathlib import Path

import pandas as pd

from features.ingest import ingest
from features.settings import Settings
from haidang.demonstration.cases import CASES, Case
from haidang.demonstration.figures import Figure, as_table, figures, run_case
from serving.deployment import open_deployment

EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")


def figures_of(name: str, case: Case, data: Path, home: Path) -> tuple[Figure, ...]:
    """Ingests a case into a deployment, tests its hazards and gives the figures; run again it ingests nothing new.

    Args:
        name: of the case.
        case: the case.
        data: folder with its data.
        home: the deployment's folder.

    Raises:
        HaidangError: if the data are missing.
    """
    case.prepare(home, data)
    deployment = open_deployment(Settings(home=home))
    for source in case.sources(data):
        ingest(source, deployment.archive, *EVER)
    found: list[Figure] = []
    for hazard in case.hazards:
        tested = run_case(case, deployment, hazard, progress=lambda done, of: None)
        found.extend(figures(name, case, tested, deployment.archive))
    return tuple(found)


def bench(data: Path, var: Path) -> pd.DataFrame:
    """Tests every case whose data are there, prints the table, and writes it as CSV and Markdown.

    Args:
        data: folder with one folder for each case's data.
        var: where deployments and tables are written.
    """
    found: list[Figure] = []
    for name, case in CASES.items():
        if case.folder is None:
            continue
        if not (data / case.folder).is_dir():
            print(f"{name}: not tested, there is no {data / case.folder}")
            continue
        began = time.perf_counter()
        of_case = figures_of(name, case, data / case.folder, var / name)
        print(f"\n{name}, {time.perf_counter() - began:.0f} s")
        print(as_table(of_case).drop(columns="case").to_string(index=False))
        found.extend(of_case)
    table = as_table(found)
    var.mkdir(parents=True, exist_ok=True)
    table.to_csv(var / "bench-real.csv", index=False)
    (var / "bench-real.md").write_text(_markdown(table), encoding="utf-8")
    return table


def _markdown(table: pd.DataFrame) -> str:
    lines = [list(table.columns), ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> None:
    """Runs the benchmark on a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with one folder for each case's data")
    parser.add_argument("--var", type=Path, default=Path("var/real"), help="where deployments and tables are written")
    asked = parser.parse_args()
    bench(asked.data, asked.var)


if __name__ == "__main__":
    main()
