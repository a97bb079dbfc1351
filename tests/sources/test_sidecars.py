import json

import pytest

from lrdiag.sources.sidecars import find_sidecars, read_params


def params_of(folder):
    params, origin, problems = read_params(find_sidecars(folder))
    return params, origin.rsplit("/", 1)[-1], problems


@pytest.mark.parametrize("name", ["hparams.yaml", "args.yaml", "config.yml", ".hydra/config.yaml"])
def test_yaml_files(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("lr: 1e-3\nscheduler:\n  milestones: [30, 60]\n  gamma: 0.1\nnesterov: true\n")
    params, origin, problems = params_of(tmp_path)
    assert params["lr"] == 0.001
    assert params["scheduler"] == {"milestones": [30, 60], "gamma": 0.1}
    assert params["nesterov"] is True
    assert origin == path.name
    assert problems == ()


@pytest.mark.parametrize("name", ["args.json", "config.json", "train_config.json", "hparams.json"])
def test_json_files(tmp_path, name):
    (tmp_path / name).write_text(json.dumps({"optimizer": {"lr": 0.1}, "epochs": 90}))
    assert params_of(tmp_path)[0] == {"optimizer": {"lr": 0.1}, "epochs": 90}


def test_lightning_tags_are_read_without_building_objects(tmp_path):
    text = (
        "args: !!python/object:argparse.Namespace\n  lr: 0.1\n  betas: !!python/tuple [0.9, 0.99]\n"
    )
    (tmp_path / "hparams.yaml").write_text(text)
    assert params_of(tmp_path)[0] == {"args": {"lr": 0.1, "betas": [0.9, 0.99]}}


def test_no_code_runs(tmp_path):
    flag = tmp_path / "flag"
    text = f"lr: 0.1\nx: !!python/object/apply:os.system ['touch {flag}']\n"
    (tmp_path / "hparams.yaml").write_text(text)
    assert params_of(tmp_path)[0]["lr"] == 0.1
    assert not flag.exists()


def test_alias_bombs_are_refused(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for i in range(1, 12):
        lines.append(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]")
    (tmp_path / "config.yaml").write_text("\n".join(lines))
    params, _, problems = params_of(tmp_path)
    assert params == {}
    assert [p.severity for p in problems] == ["info"]
    assert "aliases" in problems[0].message


def test_wandb_values_are_unwrapped(tmp_path):
    text = "wandb_version: 1\nlr:\n  desc: null\n  value: 0.1\nepochs:\n  value: 30\n"
    (tmp_path / "config.yaml").write_text(text)
    assert params_of(tmp_path)[0] == {"lr": 0.1, "epochs": 30}


def test_the_file_that_speaks_of_training_wins(tmp_path):
    (tmp_path / "config.json").write_text('{"hidden_size": 768, "vocab_size": 30000}')
    (tmp_path / "training_args.json").write_text('{"learning_rate": 2e-5}')
    params, origin, _ = params_of(tmp_path)
    assert params == {"learning_rate": 2e-5}
    assert origin == "training_args.json"


def test_mlflow_parameters(tmp_path):
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "lr").write_text("0.1")
    (tmp_path / "params" / "milestones").write_text("[30, 60]")
    (tmp_path / "params" / "optimizer").write_text("SGD")
    assert params_of(tmp_path)[0] == {"lr": 0.1, "milestones": [30, 60], "optimizer": "SGD"}


def test_namespace_and_key_value_texts(tmp_path):
    (tmp_path / "args.txt").write_text("Namespace(lr=0.1, lr_steps=[30, 60])\n")
    assert params_of(tmp_path)[0] == {"lr": 0.1, "lr_steps": [30, 60]}
    (tmp_path / "args.txt").write_text("lr: 0.1\nepochs = 30\n")
    assert params_of(tmp_path)[0] == {"lr": 0.1, "epochs": 30}


def test_other_files_are_no_sidecars(tmp_path):
    for name in ("package.json", "tokenizer_config.json", "trainer_state.json", "lrdiag.yml",
                 "metrics.json", "x.log.json", "mkdocs.yml"):  # fmt: skip
        (tmp_path / name).write_text("{}")
    assert find_sidecars(tmp_path) == ()


@pytest.mark.parametrize("text", ["{", "lr: [1", "\0", "- a\n- b\n"])
def test_broken_files_are_said_and_never_raise(tmp_path, text):
    (tmp_path / "hparams.yaml").write_text(text)
    params, _, _ = params_of(tmp_path)
    assert params == {}


def test_a_huge_file_is_not_read(tmp_path):
    (tmp_path / "config.json").write_text('{"lr": "' + "x" * (2 << 20) + '"}')
    params, _, problems = params_of(tmp_path)
    assert params == {}
    assert "larger" in problems[0].message


@pytest.mark.parametrize("name", ["train.log", "log.txt", "slurm-17.out"])
def test_the_arguments_that_a_program_printed_beside_the_log(tmp_path, name):
    (tmp_path / name).write_text("using 1 GPU\nNamespace(lr=0.1, milestones=[30, 60])\nepoch: 1\n")
    (tmp_path / "notes.txt").write_text("lr: 7\n")
    assert params_of(tmp_path) == ({"lr": 0.1, "milestones": [30, 60]}, name, ())


def test_printed_arguments_of_several_runs_in_one_folder_are_nobodys(tmp_path):
    for name, rate in (("a.log", 0.1), ("b.log", 0.2)):
        (tmp_path / name).write_text(f"Namespace(lr={rate})\n")
    assert params_of(tmp_path)[0] == {}


def test_printed_arguments_are_sought_at_the_beginning_only(tmp_path):
    (tmp_path / "train.log").write_bytes(b"x" * (1 << 16) + b"\nNamespace(lr=0.1)\n")
    assert params_of(tmp_path)[0] == {}


def test_a_written_file_is_believed_before_what_a_program_printed(tmp_path):
    (tmp_path / "train.log").write_text("Namespace(lr=0.1)\n")
    (tmp_path / "hparams.yaml").write_text("lr: 0.5\n")
    assert params_of(tmp_path)[0] == {"lr": 0.5}


def test_a_text_that_only_grew_is_not_looked_into_again(tmp_path, monkeypatch):
    log = tmp_path / "train.log"
    log.write_text("Namespace(lr=0.1, epochs=30)\n" + "epoch 1 loss 2.0\n" * 5000)
    assert find_sidecars(tmp_path) == (log,)
    with log.open("a") as file:
        file.write("epoch 2 loss 1.0\n")
    monkeypatch.setattr("lrdiag.sources.sidecars._head", lambda path: b"")
    assert find_sidecars(tmp_path) == (log,)
    log.write_text("begun anew\n")
    assert find_sidecars(tmp_path) == ()
