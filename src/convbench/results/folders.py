"""Paths of a grid's folders; imports the standard library alone."""

from pathlib import Path

CONFIG = Path("config/config.yaml")
DATA = Path("data")
PINS = Path("data.dvc")
RESULTS = Path("results")
MARKERS = RESULTS / "data"
PINNED = MARKERS / "pinned.json"
FIRST_PINS = RESULTS / "pins"
PREPARED = RESULTS / "prepared"
AUDITS = RESULTS / "audit"
RUNS = RESULTS / "runs"
WEIGHTS = RESULTS / "weights"
RATES = RESULTS / "rates"
EXPLAINED = RESULTS / "explain"
SPEEDS = RESULTS / "speed"
CODE = RESULTS / "code"
JOBS = RESULTS / "jobs"
TABLES = RESULTS / "tables"
GRID = RESULTS / "grid.json"
TRACKED = RESULTS / "tracking" / "runs.json"
REPORTS = Path("reports")
LOGS = Path("logs")
METRICS = "metrics.json"
"""Of a run's folder: written last."""
MODEL, START = "model.safetensors", "weights.safetensors"
"""The weights of a run's best epoch, and those that runs start from."""
KEY = "key.json"
