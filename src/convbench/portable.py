"""Configure torch and NumPy for bitwise identical results on all x86-64 CPUs with AVX2.

torch, oneDNN, MKL, OpenBLAS and NumPy choose among their kernels by the processor, and another kernel
rounds otherwise. With these switches all of them take those of AVX2. MKL heeds such a cap on its maker's
processors alone, so it is given the one that it heeds on all; NumPy names what it may not use, in the
words of its version 2.4.
"""

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

SWITCHES: Mapping[str, str] = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",  # else as many as there are cores, which a product's last bits show
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
_NEEDED = frozenset({"avx2", "fma"})  # without them, torch's kernels for AVX2 end in SIGILL


def cap() -> None:
    """Cap the libraries of this process; to be called before torch and NumPy are loaded.

    Leaves a processor alone that has no AVX2. Raises ``RuntimeError`` where it is too late.
    """
    if not can_be_capped() or all(os.environ.get(key) == value for key, value in SWITCHES.items()):
        return
    if loaded := sorted({"numpy", "torch"} & set(sys.modules)):
        raise RuntimeError(f"too late to cap {' and '.join(loaded)}: they read it when they are loaded")
    os.environ.update(SWITCHES)


def can_be_capped(info: Path = Path("/proc/cpuinfo")) -> bool:
    """Tell whether this is Linux on an x86-64 processor with AVX2 and FMA; ``info`` is what it has."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    lines = info.read_text(encoding="utf-8").splitlines()
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return set(flags) >= _NEEDED
