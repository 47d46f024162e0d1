"""Check that MLflow reads from a store what was written to it.

usage: reads.py STORE_DIR FACTS.json

FACTS.json is what tests/tracking/mlflow.rs leaves: experiment name -> run id -> what the run was told. Exit status 1 names the
first difference. Of the tags, those in FACTS.json must be there; everything else must be equal.
"""
import json
import os
import sys
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # from 3.13 on, MLflow refuses stores of files without it

from mlflow import MlflowClient  # noqa: E402


def number(value):
    """JSON has no nan and inf."""
    return value if abs(value) < float("inf") else str(value)


def artifacts(client, run_id, folder=None):
    found = {}
    for entry in client.list_artifacts(run_id, folder):
        found.update(artifacts(client, run_id, entry.path) if entry.is_dir else {entry.path: entry.file_size})
    return found


def read(client, run):
    history = {key: client.get_metric_history(run.info.run_id, key) for key in run.data.metrics}
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "experiment_id": run.info.experiment_id,
        "params": run.data.params,
        "history": {key: [[number(point.value), point.step] for point in points] for key, points in history.items()},
        "tags": run.data.tags,
        "artifacts": artifacts(client, run.info.run_id),
    }


def differ(where, told, found):
    if told != found:
        sys.exit(f"{where}: the run was told {told!r}, MLflow reads {found!r}")


def check_run(where, told, found):
    for key, value in told.items():
        if key == "tags":
            for tag, text in value.items():
                differ(f"{where}, tag {tag!r}", text, found["tags"].get(tag))
        elif isinstance(value, dict):
            differ(f"{where}, {key}", sorted(value), sorted(found[key]))
            for inner, item in value.items():
                differ(f"{where}, {key} {inner!r}", item, found[key][inner])
        else:
            differ(f"{where}, {key}", value, found[key])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    store, facts = Path(sys.argv[1]).resolve(strict=True), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    client = MlflowClient(tracking_uri=store.as_uri())
    differ("experiments", sorted(facts), sorted(experiment.name for experiment in client.search_experiments()))
    runs = 0
    for name, told in facts.items():
        experiment = client.get_experiment_by_name(name)
        found = {run.info.run_id: run for run in client.search_runs([experiment.experiment_id])}
        differ(f"runs of {name!r}", sorted(told), sorted(found))
        for run_id, run_told in told.items():
            check_run(f"run {run_id} ({run_told['name']!r})", run_told, read(client, found[run_id]))
            # MLflow is stricter when it is asked for one run than in a search.
            differ(f"run {run_id}", run_id, client.get_run(run_id).info.run_id)
            runs += 1
    print(f"MLflow reads {len(facts)} experiments and {runs} runs as they were written")


if __name__ == "__main__":
    main()
