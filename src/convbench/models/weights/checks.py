"""Refuse weights that cannot be right, by the names of their tensors."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from convbench.errors import UserError, listed

_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def check_names(names: Mapping[str, str], own: Mapping[str, Tensor], source: Path) -> None:
    """Refuse a file that has two tensors for one of the network's (``own``).

    ``names`` maps the file's names to those of the network.
    """
    found = defaultdict(list)
    for in_file, name in names.items():
        found[name].append(in_file)
    twice = [f"{name} ({', '.join(found[name])})" for name in own if len(found[name]) > 1]
    if twice:
        raise UserError(
            f"{source} has more than one tensor for {len(twice)} of the network's: {listed(twice)}. "
            "One of each would be right: save the state_dict of one network alone"
        )


def check_tensors(tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], source: Path) -> None:
    """Refuse tensors that cannot stand for those of the network (``own``) of the same names."""
    faults = {name: _fault(name, tensor, own[name]) for name, tensor in tensors.items()}
    wrong = [f"{name} {fault}" for name, fault in faults.items() if fault]
    if wrong:
        raise UserError(
            f"{source} cannot be right; tensors that cannot be used: {listed(wrong)}. "
            "Dense tensors of finite floating-point numbers (float16, bfloat16, float32 or float64) "
            "would be right, and variances of zero or more: save the state_dict of a network that is "
            "not quantised and whose training did not diverge"
        )


def _fault(name: str, tensor: Tensor, own: Tensor) -> str:
    """Say what is wrong with a tensor; nothing where nothing is."""
    return _fault_of_kind(tensor, own) or _fault_of_values(name, tensor, own)


def _fault_of_kind(tensor: Tensor, own: Tensor) -> str:
    kind = str(tensor.dtype).removeprefix("torch.")
    if tensor.is_quantized:
        return f"is quantised ({kind})"
    if tensor.layout != torch.strided:
        return f"is sparse ({str(tensor.layout).removeprefix('torch.')})"
    if tensor.is_meta:
        return "has no values (it was saved from the meta device)"
    if tensor.is_complex() or (own.is_floating_point() and tensor.dtype not in _FLOATS):
        return f"is of {kind}, the network's of {str(own.dtype).removeprefix('torch.')}"
    return ""


def _fault_of_values(name: str, tensor: Tensor, own: Tensor) -> str:
    """Look at the values as the network will hold them: a large float64 may become infinite."""
    values = tensor.to(own.dtype) if own.is_floating_point() else tensor
    if bad := int((~values.isfinite()).sum()):
        return f"has NaN or infinity in {bad} of {values.numel()} values"
    if name.endswith("running_var") and (below := int((values < 0).sum())):
        return f"is below zero in {below} of {values.numel()} values"
    return ""
