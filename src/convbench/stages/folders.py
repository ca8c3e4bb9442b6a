"""The folders that a grid works in; to be imported at no cost."""

from pathlib import Path

DATA = Path("data")
RESULTS = Path("results")
MARKERS = RESULTS / "data"
PINNED = MARKERS / "pinned.json"
FIRST_PINS = RESULTS / "pins"
PREPARED = RESULTS / "prepared"
AUDITS = RESULTS / "audit"
RUNS = RESULTS / "runs"
WEIGHTS = RESULTS / "weights"
RATES = RESULTS / "rates"
JOBS = RESULTS / "jobs"
TABLES = RESULTS / "tables"
GRID = RESULTS / "grid.json"
TRACKED = RESULTS / "tracking" / "runs.json"
REPORTS = Path("reports")
LOGS = Path("logs")
METRICS = "metrics.json"
"""Of a run's folder: written last."""
