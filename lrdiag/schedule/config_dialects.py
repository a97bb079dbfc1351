"""Configurations of the usual frameworks, each read by one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lrdiag.schedule import config_words as words

Found = dict[str, Any]
Node = Mapping[str, Any]
_BY_STEP = ("step", "batch", "iteration", "iter", "update")


def mmcv(node: Node) -> Found | None:
    """`lr_config = dict(policy='step', step=[8, 11], by_epoch=True)` of mmcv 1."""
    lr = node.get("lr_config")
    if not isinstance(lr, Mapping) or "policy" not in lr:
        return None
    family = words.family_of(lr["policy"])
    found = _stepped(lr.get("step"), words.as_float(lr.get("gamma", 0.1)))
    if family in ("step", "multistep") and found:
        found["unit"] = "epoch" if lr.get("by_epoch", True) else "step"
    else:
        found = {"family": family, "unit": "epoch" if lr.get("by_epoch", True) else "step"}
    if lr.get("warmup"):
        found["warmup"] = {"length": lr.get("warmup_iters"), "unit": "step"}
    return found


def mmengine(node: Node) -> Found | None:
    """`param_scheduler = [dict(type='LinearLR', …), dict(type='MultiStepLR', …)]`."""
    parts = node.get("param_scheduler")
    if isinstance(parts, Mapping):
        parts = [parts]
    if not isinstance(parts, list | tuple) or not parts:
        return None
    last = parts[-1]
    if not isinstance(last, Mapping):
        return None
    found = by_name(str(last.get("type", "")), last)
    if found is not None:
        found["unit"] = "epoch" if last.get("by_epoch", True) else "step"
        if len(parts) > 1 and isinstance(parts[0], Mapping):
            unit = "epoch" if parts[0].get("by_epoch", True) else "step"
            found["warmup"] = {"length": parts[0].get("end"), "unit": unit}
    return found


def detectron2(node: Node) -> Found | None:
    """`SOLVER: {STEPS: (60000, 80000), GAMMA: 0.1, BASE_LR: 0.02, MAX_ITER: 90000}`."""
    solver = node.get("solver")
    if not isinstance(solver, Mapping):
        return None
    keys = {words.normal(k): v for k, v in solver.items()}
    if "steps" not in keys or "base_lr" not in keys:
        return None
    name = str(keys.get("lr_scheduler_name", "WarmupMultiStepLR"))
    if words.family_of(name) != "multistep":
        return {"family": words.family_of(name) or "unknown", "unit": "step"}
    found = _stepped(keys["steps"], words.as_float(keys.get("gamma", 0.1))) or {}
    found.update(unit="step", base_lr=words.as_float(keys["base_lr"]))
    if keys.get("warmup_iters"):
        found["warmup"] = {"length": keys["warmup_iters"], "unit": "step"}
    return found


def ultralytics(node: Node) -> Found | None:
    """`lr0`, `lrf`, `cos_lr` of YOLOv5 and later: linear or cosine to lr0 * lrf."""
    first, last = words.as_float(node.get("lr0")), words.as_float(node.get("lrf"))
    if first is None or last is None:
        return None
    epochs = words.as_int(node.get("epochs"))
    warmup = {"length": node.get("warmup_epochs", 3.0), "unit": "epoch"}
    found: Found = {"unit": "epoch", "base_lr": first, "epochs": epochs, "warmup": warmup}
    if node.get("cos_lr"):
        parameters = {"T_max": epochs, "eta_min": first * last}
        return found | {"family": "cosine", "parameters": parameters if epochs else {}}
    parameters = {"start_factor": 1.0, "end_factor": last, "total_iters": epochs}
    return found | {"family": "linear", "parameters": parameters if epochs else {}}


def huggingface(node: Node) -> Found | None:
    """`lr_scheduler_type` of transformers' TrainingArguments."""
    name = node.get("lr_scheduler_type")
    if name is None or ("num_train_epochs" not in node and "warmup_steps" not in node):
        return None
    family = words.family_of(name) or "unknown"
    found: Found = {"family": family, "unit": "step"}
    warmup, total = words.as_int(node.get("warmup_steps")), words.as_int(node.get("max_steps"))
    if warmup and family in ("linear", "cosine"):
        found["family"] = f"warmup_{family}"
    if total and total > 0 and family in ("linear", "cosine"):
        found["parameters"] = _hf_parameters(family, warmup or 0, total)
    return found


def _hf_parameters(family: str, warmup: int, total: int) -> Found:
    if warmup:
        return {"warmup": warmup, "start_factor": 0.0, "total": total}
    if family == "cosine":
        return {"T_max": total, "eta_min": 0.0}
    return {"start_factor": 1.0, "end_factor": 0.0, "total_iters": total}


def timm(node: Node) -> Found | None:
    """`sched`, `decay_epochs`, `decay_milestones`, `decay_rate` of timm's train script."""
    name = node.get("sched")
    if not isinstance(name, str) or not {"decay_rate", "decay_epochs", "warmup_epochs"} & set(node):
        return None
    family = words.family_of(name) or "unknown"
    gamma = words.as_float(node.get("decay_rate"))
    found: Found = {"family": family, "unit": "epoch"}
    if family == "multistep":
        found = _stepped(list(words.as_ints(node.get("decay_milestones"))), gamma) or found
    elif family == "step":
        found = _stepped(node.get("decay_epochs"), gamma) or found
    if node.get("warmup_epochs"):
        found["warmup"] = {"length": node["warmup_epochs"], "unit": "epoch"}
    return found | {"unit": "epoch"}


def torch_style(node: Node) -> Found | None:
    """`scheduler: MultiStepLR` beside its arguments, or a mapping with name and arguments."""
    for key in words.WORDS["scheduler"]:
        if key not in node:
            continue
        value = node[key]
        if isinstance(value, list | tuple) and len(value) == 1:
            value = value[0]
        found = _named(node, key, value)
        if found is not None:
            return found
    return None


def _named(node: Node, key: str, value: Any) -> Found | None:
    if isinstance(value, Mapping):
        inner = {words.normal(k): v for k, v in value.items()}
        names = ("name", "type", "class", "class_path", "_target_", "policy", "scheduler")
        name = next((inner[k] for k in names if isinstance(inner.get(k), str)), None)
        arguments = inner | _arguments(
            inner, ("args", "params", "kwargs", "parameters", "init_args")
        )
        return by_name(name, arguments) if name else None
    if isinstance(value, str) or value is None:
        tails = tuple(f"{key}{tail}" for tail in ("_args", "_params", "_kwargs", "_config"))
        return by_name(value, dict(node) | _arguments(node, tails))
    return None


def _arguments(node: Node, keys: tuple[str, ...]) -> Found:
    for key in keys:
        if isinstance(node.get(key), Mapping):
            return {words.normal(k): v for k, v in node[key].items()}
    return {}


def by_name(name: str | None, arguments: Node) -> Found | None:
    """A scheduler's name and its arguments, in PyTorch's words."""
    family = words.family_of(name)
    if family is None:
        return None
    found: Found = {"family": family}
    interval = str(arguments.get("interval", "")).lower()
    if interval:
        found["unit"] = "step" if interval in _BY_STEP else "epoch"
    gamma = words.as_float(words.find(arguments, "gamma"))
    milestones = words.find(arguments, "milestones")
    size = words.find(arguments, "step_size")
    if family in ("step", "multistep"):
        found |= (
            _stepped(milestones if family == "multistep" or size is None else size, gamma) or {}
        )
    elif family == "exponential":
        found["gamma"] = gamma
    found["parameters"] = _torch_parameters(family, arguments)
    warmup = arguments.get("warmup_epochs") or arguments.get("warmup_steps")
    if warmup:
        unit = "epoch" if arguments.get("warmup_epochs") else "step"
        found["warmup"] = {"length": warmup, "unit": unit}
    return found


_TORCH_ARGUMENTS = {
    "cosine": ("T_max", "eta_min"),
    "cosine_restarts": ("T_0", "T_mult", "eta_min"),
    "one_cycle": ("max_lr", "total_steps", "pct_start", "div_factor", "final_div_factor"),
    "cyclic": ("base_lr", "max_lr", "step_size_up", "step_size_down", "gamma"),
    "polynomial": ("total_iters", "power"),
    "linear": ("start_factor", "end_factor", "total_iters"),
    "exponential": ("gamma",),
    "plateau": ("factor", "patience", "min_lr", "cooldown"),
}


def _torch_parameters(family: str, arguments: Node) -> Found:
    out: Found = {}
    for name in _TORCH_ARGUMENTS.get(family, ()):
        value = words.as_float(arguments.get(words.normal(name)))
        if value is not None:
            out[name] = value
    return out


def bare(node: Node) -> Found | None:
    """Milestones or a step size without a scheduler's name."""
    gamma = words.as_float(words.find(node, "gamma"))
    milestones, size = words.find(node, "milestones"), words.find(node, "step_size")
    if milestones is not None and words.as_ints(milestones):
        return _stepped(list(words.as_ints(milestones)), gamma)
    if size is not None and words.as_int(size):
        return _stepped(size, gamma)
    return None


def _stepped(where: Any, gamma: float | None) -> Found | None:
    """StepLR of a single number, MultiStepLR of a list."""
    if isinstance(where, str) and ("," in where or "[" in where):
        where = list(words.as_ints(where))
    if isinstance(where, list | tuple):
        milestones = words.as_ints(where)
        return (
            {"family": "multistep", "milestones": milestones, "gamma": gamma}
            if milestones
            else None
        )
    size = words.as_int(where)
    return {"family": "step", "step_size": size, "gamma": gamma} if size and size > 0 else None


DIALECTS: tuple[Callable[[Node], Found | None], ...] = (
    mmcv,
    mmengine,
    detectron2,
    ultralytics,
    timm,
    huggingface,
    torch_style,
    bare,
)
