"""The generator: reproducible, readable by lrdiag, labelled by what reruns show."""

import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="the generator trains with torch")
pytest.importorskip("sklearn", reason="the generator draws tasks with scikit-learn")

from benchmarks.trainings import truth
from benchmarks.trainings.comparison import Panel
from benchmarks.trainings.corpus import make_corpus
from benchmarks.trainings.engine import Network, Trained, train
from benchmarks.trainings.plans import Planned, panel
from benchmarks.trainings.recipe import Recipe, Schedule, Switch, rates
from benchmarks.trainings.tasks import TaskOptions, draw

STEP = Schedule("MultiStepLR", {"milestones": [2, 4], "gamma": 0.1})


def task():
    return draw(np.random.default_rng(0), TaskOptions("teacher", 100, 50, 100))


def test_rates_come_from_the_real_scheduler_and_its_bugs():
    def firsts(stepping):
        schedule = Schedule(STEP.name, STEP.options, stepping)
        return rates(Recipe(1.0, schedule), 5, 3)[::3].round(6).tolist()

    assert firsts("epoch") == [1, 1, 0.1, 0.1, 0.01]
    assert firsts("twice") == [1, 0.1, 0.01, 0.01, 0.01]
    assert firsts("never") == [1] * 5
    assert firsts("batch") == [1, 0.1, 0.01, 0.01, 0.01]


def test_copies_train_as_they_would_alone():
    recipes = [Recipe(0.05, STEP), Recipe(0.5, Schedule(), weight_decay=0.01)]
    together = train(task(), Network((8,), batch=20), recipes, [3, 4], 4)
    alone = train(task(), Network((8,), batch=20), recipes[1:], [4], 4)
    np.testing.assert_allclose(
        together.curves["val_loss"][1, 1], alone.curves["val_loss"][0, 0], rtol=1e-4
    )


def test_a_switch_changes_nothing_before_its_epoch():
    plain = Recipe(0.05, STEP)
    switched = Recipe(0.05, STEP, switch=Switch(2, momentum=0.99))
    curves = train(task(), Network((8,), batch=20), [plain, switched], [3], 4).curves["val_loss"]
    np.testing.assert_array_equal(curves[0, 0, :2], curves[1, 0, :2])
    assert curves[0, 0, 3] != curves[1, 0, 3]


def planted(plan, **test_losses):
    """A panel whose curves are given: name to test loss of every seed."""
    names = ["run", *plan.reruns]
    noise = np.random.default_rng(0).normal(0, 0.002, (len(names), 3, 20))
    test = np.array([np.tile(test_losses[n.replace(" ", "_")], (3, 1)) for n in names]) + noise
    falling = np.tile(np.linspace(1, 0.2, 20), (len(names), 3, 1))
    curves = {"test_loss": test, "val_loss": test, "train_loss": falling}
    return Panel(names, Trained(curves, np.ones(20), np.ones(20), 1))


def test_a_rise_after_the_drop_that_the_rerun_lacks_is_divergence():
    before = Recipe(0.1, Schedule())
    plan = Planned("post_drop_divergence", before, {"unchanged": before}, change=10)
    flat = np.full(20, 0.5)
    rising = np.concatenate([flat[:10], np.linspace(0.5, 0.9, 10)])
    found = truth.judge(plan, planted(plan, run=rising, unchanged=flat), {}, "standard")
    same = truth.judge(plan, planted(plan, run=rising, unchanged=rising), {}, "standard")
    assert "post_drop_divergence" in found.found
    assert "post_drop_divergence" not in same.found


def test_a_small_gain_is_left_open_and_a_large_one_named():
    recipe = Recipe(0.1, Schedule("ExponentialLR", {"gamma": 0.9}))
    plan = Planned("lr_too_high", recipe, panel(recipe, 20), recipe.schedule)
    run = np.linspace(1.0, 0.5, 20)
    worse = {"rate_x3": run * 1.2, "rate_x10": run * 1.5}

    def judged(share):
        curves = planted(plan, run=run, **{"rate_/6": run * share}, **worse)
        return truth.judge(plan, curves, {}, "standard")

    assert judged(0.8).found == {"lr_too_high"}
    assert judged(0.96).open == {"lr_too_high"}
    assert judged(1.2).found == judged(1.2).open == set()


@pytest.mark.slow
def test_a_corpus_is_reproducible_and_readable(tmp_path):
    from lrdiag.diagnose import analyze_paths

    counts = make_corpus(tmp_path / "a", seed=3, runs=4)
    make_corpus(tmp_path / "b", seed=3, runs=4)
    assert (tmp_path / "a/truth.jsonl").read_text() == (tmp_path / "b/truth.jsonl").read_text()
    assert counts.total() >= 4
    for line in (tmp_path / "a/truth.jsonl").read_text().splitlines():
        entry = json.loads(line)
        (run,) = analyze_paths([tmp_path / "a" / entry["run_id"]]).runs
        assert run.metrics["val_loss"].points == entry["epochs"]


def test_a_folder_with_files_is_refused(tmp_path):
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(SystemExit, match="not empty"):
        make_corpus(tmp_path, seed=1, runs=1)
