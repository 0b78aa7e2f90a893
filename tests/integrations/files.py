"""Folders of CSV files for tests: one small good folder, and ways to spoil it."""

import csv
import io
from pathlib import Path

from integrations.records import COLUMNS, GOALS, KPIS, MEASUREMENTS
from integrations.tables import Problem

ROOT = Path(__file__).resolve().parent.parent.parent
BARCELONA = ROOT / "integrations" / "data" / "barcelona-2030"
CANADA = ROOT / "tests" / "data" / "canada-cif"

GOAL = {"id": "G1", "level": "1", "title": "Grow"}
CHILD = {"id": "G2", "parent_id": "G1", "level": "2", "title": "Sell more"}
KPI = {
    "id": "K-1",
    "goal_id": "G2",
    "name": "Orders",
    "unit": "orders",
    "direction": "up",
    "baseline": "10",
    "target": "40",
    "frequency": "monthly",
}
VALUES = [{"kpi_id": "K-1", "date": f"2025-{month:02}-01", "value": str(10 + month)} for month in (1, 2, 3)]


def table(file: str, rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS[file], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def folder(goals=(GOAL, CHILD), kpis=(KPI,), values=VALUES, **other: bytes) -> dict[str, bytes]:
    files = {GOALS: table(GOALS, goals), KPIS: table(KPIS, kpis), MEASUREMENTS: table(MEASUREMENTS, values)}
    return files | {f"{name}.csv": content for name, content in other.items()}


def contents(path: Path) -> dict[str, bytes]:
    return {name: (path / name).read_bytes() for name in COLUMNS if (path / name).exists()}


def places(problems: list[Problem]) -> list[tuple[str, int, str, str]]:
    return [(each.file, each.line, each.column, each.code) for each in problems]
