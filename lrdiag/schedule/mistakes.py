"""The mistake in the training code behind each disagreement, what to change, where it is known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """`rule`: the rule that reports it; `text`: the likely mistake; `remedy`: lines to change.

    `references`: public issues in which people met it ("owner/repository#number").
    """

    rule: str
    text: str
    remedy: str
    references: tuple[str, ...] = ()


_LOOP = (
    "for epoch in range(epochs):\n    for batch in loader:\n        …\n"
    "        optimizer.step()\n    scheduler.step()"
)

MISTAKES: dict[str, Mistake] = {
    "never_stepped": Mistake(
        "schedule-not-applied",
        "scheduler.step() is never called, or the scheduler was built for another optimizer than "
        "the one that trains.",
        "Build the scheduler from the optimizer that trains and step it once an epoch:\n" + _LOOP,
        ("Pointcept/Pointcept#379",),
    ),
    "stepped_per_batch": Mistake(
        "schedule-stepped-per-batch",
        "scheduler.step() stands inside the batch loop, so milestones given in epochs are counted "
        "in batches.",
        "Move scheduler.step() out of the batch loop (in Lightning: interval='epoch'):\n" + _LOOP,
        ("ivadomed/ivadomed#55", "automl/Auto-PyTorch#210", "pytorch/tutorials#640"),
    ),
    "stepped_twice": Mistake(
        "schedule-double-stepped",
        "scheduler.step() is called more than once an epoch: twice in the loop, once per process "
        "(a prepared scheduler under several GPUs), or both by the framework and by hand.",
        "Call scheduler.step() in one place only; under accelerate pass the scheduler to prepare() "
        "and give milestones for one process:\n" + _LOOP,
        (
            "huggingface/accelerate#2926",
            "huggingface/accelerate#2142",
            "huggingface/diffusers#3954",
        ),
    ),
    "steps_for_epochs": Mistake(
        "schedule-mismatch",
        "Milestones are given in steps, but scheduler.step() is called once an epoch.",
        "Call scheduler.step() after every optimizer.step() (in Lightning: interval='step'), or "
        "give the milestones in epochs.",
        ("bshall/Tacotron#3", "facebookresearch/detectron2#2058"),
    ),
    "epochs_for_steps": Mistake(
        "schedule-stepped-per-batch",
        "Milestones are given in epochs, but scheduler.step() is called after every batch.",
        "Move scheduler.step() out of the batch loop, or multiply the milestones by the steps "
        "of an epoch.",
        ("ivadomed/ivadomed#55",),
    ),
    "gamma_differs": Mistake(
        "schedule-mismatch",
        "Another gamma than the configured one was used: a default, an argument that is not passed "
        "on, or a value overwritten on resume.",
        "Pass gamma from the configuration to the scheduler: "
        "MultiStepLR(optimizer, milestones, gamma=config.gamma).",
        ("pytorch/pytorch#52911",),
    ),
    "gamma_applied_twice": Mistake(
        "schedule-mismatch",
        "Each drop multiplies by gamma twice: two schedulers on one optimizer, or get_lr() used to "
        "set the rate.",
        "Keep one scheduler per optimizer, and read rates with get_last_lr(), never get_lr().",
        ("pytorch/pytorch#20486", "pytorch/pytorch#31871"),
    ),
    "beyond_end": Mistake(
        "milestone-never-reached",
        "The milestone lies at or beyond the end of the training, or counts another unit than the "
        "scheduler's steps.",
        "Place the milestones inside the training, or train longer.",
        ("bshall/Tacotron#3", "cszn/KAIR#101"),
    ),
    "extra_drop": Mistake(
        "schedule-mismatch",
        "The rate fell where no milestone is configured: a hand-made change, a second scheduler, "
        "a resume that replays the scheduler on a rate that had fallen already, or step(epoch) "
        "called again at a milestone.",
        "Remove the second place that sets param_group['lr'], restore the rate or the scheduler on "
        "resume but not both, and call step() without an argument.",
        ("MichiganCOG/ViP#19", "pytorch/pytorch#21623"),
    ),
    "missing_drop": Mistake(
        "schedule-mismatch",
        "A configured milestone passed without a drop: MultiStepLR compares its counter for "
        "equality, so a milestone skipped by `last_epoch`, a resume or step(epoch) never fires.",
        "Restore the scheduler with load_state_dict() on resume and call step() without an "
        "argument.",
        ("pytorch/pytorch#29697",),
    ),
    "early": Mistake(
        "schedule-mismatch",
        "The scheduler runs ahead: scheduler.step() is called at the start of the epoch, before "
        "optimizer.step(), so the first rate is skipped.",
        "Call scheduler.step() after the optimizer steps of the epoch:\n" + _LOOP,
        ("liuzechun/ReActNet#32",),
    ),
    "late": Mistake(
        "schedule-mismatch",
        "The scheduler lags: its first step() is skipped (a guard such as `if epoch > 0`), or "
        "milestones count from 1.",
        "Call scheduler.step() at the end of every epoch, the first one included.",
        ("Lightning-AI/pytorch-lightning#4655", "skorch-dev/skorch#626"),
    ),
    "reset_on_resume": Mistake(
        "lr-jump-on-resume",
        "The schedule began anew in the middle of the training: the scheduler's state was not "
        "restored on resume.",
        "Save and restore it with the checkpoint: "
        "scheduler.load_state_dict(checkpoint['scheduler']) after the optimizer's.",
        ("pytorch/pytorch#60265", "chnsh/DCRNN_PyTorch#5"),
    ),
    "jump_on_resume": Mistake(
        "lr-jump-on-resume",
        "The rate jumped to another level and stayed a constant factor off the configured "
        "schedule: a resume with another base rate, or the optimizer's state loaded after the "
        "scheduler was built.",
        "Load the optimizer's and the scheduler's state before training goes on, and do not pass a "
        "new lr on resume.",
        ("torch-points3d/torch-points3d#630", "THUDM/slime#1761"),
    ),
    "milestones_ignored_on_resume": Mistake(
        "lr-jump-on-resume",
        "Milestones edited in the configuration had no effect: load_state_dict() restored the old "
        "ones.",
        "Set scheduler.milestones after load_state_dict(), or build a new scheduler with "
        "last_epoch.",
        ("pytorch/pytorch#60265",),
    ),
}
