"""Rows of the tables for tests: a test gives only the values that it is about."""

import re
from typing import Any

import pandas as pd

from convbench.results.rows import columns_of, table
from convbench.results.schema import RunRow

_TRAINS = {"feature_extraction": "classifier", "evaluate": "nothing"}
_NETWORK = re.compile(r"(plain|resnet)(\d+)")
_CIFAR = {20, 32, 44, 56, 110}


def run_row(**values: Any) -> RunRow:
    """Return the row of a finished run; the label is the strategy's name unless it is given."""
    strategy = values.get("strategy") or values.get("label") or "scratch"
    given: dict[str, Any] = {
        "run_id": "run",
        "outcome": "finished",
        "dataset": "zoo",
        "train_size": 50,
        "architecture": "net",
        "label": values.get("label", strategy),
        "augmentation": "none",
        "weights": "random" if strategy == "scratch" else "letters",
        "strategy": strategy,
        "seed": 0,
        "threads": 1,
        "left_out": 0,
        "label_breaking": "",
        "rate_warning": "",
        "rate_ratio": None,
        "trains": _trains(strategy),
        "modality": None,
        **_network(values.get("architecture", "net")),
        "log": None,
        "folder": f"results/runs/{values.get('run_id', 'run')}/00000000",
    }
    return RunRow(**given | values)


def runs_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a table of runs, each given by the values that differ from the defaults."""
    return table([run_row(**each) for each in rows], RunRow)


def rows_table(rows: list[dict[str, Any]], kind: type) -> pd.DataFrame:
    """Return a table of any kind; values that are not given are missing."""
    blank = dict.fromkeys(columns_of(kind))
    return table([kind(**blank | each) for each in rows], kind)


def _trains(strategy: str) -> str:
    return "top" if strategy.startswith("fine_tune_last_") else _TRAINS.get(strategy, "all")


def _network(name: str) -> dict[str, Any]:
    found = _NETWORK.fullmatch(name)
    if not found:
        return {"family": None, "depth": None, "plain": False}
    depth = int(found[2])
    family = "resnet_cifar" if depth in _CIFAR else "resnet"
    return {"family": family, "depth": depth, "plain": found[1] == "plain"}
