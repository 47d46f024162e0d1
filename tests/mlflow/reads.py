"""Check that MLflow reads from a store what was written to it.

usage: reads.py STORE_DIR FACTS.json [--migrate]
       reads.py STORE_DIR --list

FACTS.json is what tests/tracking/mlflow.rs leaves: experiment id -> its facts and runs. Everything must be equal; of a dataset,
what is told. Exit status 1 names the first difference. The MLmodel files among the artifacts are read, too. With --migrate, the
store is also carried to SQLite by `mlflow migrate-filestore` and read there. With --list, it is only read: every run must list,
by a search and by its id (its writers may have been killed).
"""
import json
import sys
from pathlib import Path

from client import client_of, differ, every_page, migrated

import mlflow
from mlflow.models import Model


def number(value):
    """JSON has no nan and inf."""
    return value if abs(value) < float("inf") else str(value)


def artifacts(client, run_id, folder=None):
    found = []
    for entry in client.list_artifacts(run_id, folder):
        found += artifacts(client, run_id, entry.path) if entry.is_dir else [[entry.path, entry.file_size]]
    return sorted(found)


def read_run(client, run):
    history = {key: client.get_metric_history(run.info.run_id, key) for key in run.data.metrics}
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "experiment_id": run.info.experiment_id,
        "lifecycle_stage": run.info.lifecycle_stage,
        "user": run.info.user_id,
        "start_time": run.info.start_time,
        "end_time": run.info.end_time,
        "artifact_uri": run.info.artifact_uri,
        "params": run.data.params,
        "metrics": {key: number(value) for key, value in run.data.metrics.items()},
        "metric_history": {key: [[p.timestamp, number(p.value), p.step] for p in points] for key, points in history.items()},
        "tags": run.data.tags,
        "datasets": [
            dict(entry.dataset) | {"tags": {tag.key: tag.value for tag in entry.tags}} for entry in run.inputs.dataset_inputs
        ],
        "artifacts": artifacts(client, run.info.run_id),
    }


def read(client):
    """What the client sees, in the form of FACTS.json."""
    found = {}
    for experiment in every_page(client.search_experiments):
        runs = every_page(client.search_runs, experiment_ids=[experiment.experiment_id])
        found[experiment.experiment_id] = {
            "name": experiment.name,
            "artifact_location": experiment.artifact_location,
            "lifecycle_stage": experiment.lifecycle_stage,
            "creation_time": experiment.creation_time,
            "last_update_time": experiment.last_update_time,
            "tags": dict(experiment.tags),
            # MLflow is stricter when it is asked for one run than in a search.
            "runs": {run.info.run_id: read_run(client, client.get_run(run.info.run_id)) for run in runs},
        }
    return found


def check(where, told, found):
    differ(where, sorted(told), sorted(found))
    for experiment_id, experiment in found.items():
        runs = told[experiment_id]["runs"]
        for run_id in sorted(set(runs) & set(experiment["runs"])):
            # A dataset has parts that were not told.
            for dataset_told, dataset in zip(runs[run_id]["datasets"], experiment["runs"][run_id]["datasets"]):
                for key in set(dataset) - set(dataset_told):
                    del dataset[key]
    differ(where, told, found)


def as_in_sqlite(facts):
    """SQLite has the greatest numbers for inf and -inf, and an order of its own for equal points."""
    greatest = {sys.float_info.max: "inf", -sys.float_info.max: "-inf"}
    for experiment in facts.values():
        for run in experiment["runs"].values():
            run["metrics"] = {key: greatest.get(value, value) for key, value in run["metrics"].items()}
            for key, points in run["metric_history"].items():
                points = [[time, greatest.get(value, value), step] for time, value, step in points]
                run["metric_history"][key] = sorted(points, key=str)
    return facts


def check_models(client, facts):
    """The MLmodel that Pipeline::log_to writes is one to MLflow."""
    count = 0
    for experiment in facts.values():
        for run_id, run in experiment["runs"].items():
            for path, _ in run["artifacts"]:
                if path.rsplit("/")[-1] != "MLmodel":
                    continue
                folder = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=str(Path(path).parent)))
                model = Model.load(folder)
                where = f"run {run_id}, {path!r}"
                differ(f"{where}, flavors", ["ressenti"], list(model.flavors))
                differ(f"{where}, size", (folder / model.flavors["ressenti"]["data"]).stat().st_size, model.model_size_bytes)
                differ(f"{where}, inputs", ["text"], model.signature.inputs.input_names())
                differ(f"{where}, outputs", ["label", "probability"], model.signature.outputs.input_names())
                differ(f"{where}, example", ["text"], list(model.load_input_example(str(folder)).columns))
                count += 1
    return count


def counts(facts):
    """What the summary of a migration must say. What there is none of, it leaves out."""
    runs = [run for experiment in facts.values() for run in experiment["runs"].values()]
    told = {
        "experiments": len(facts),
        "experiment_tags": sum(len(experiment["tags"]) for experiment in facts.values()),
        "runs": len(runs),
        "params": sum(len(run["params"]) for run in runs),
        "tags": sum(len(run["tags"]) for run in runs),
        "metrics": sum(len(points) for run in runs for points in run["metric_history"].values()),
        "latest_metrics": sum(len(run["metrics"]) for run in runs),
        "datasets": len({(run["experiment_id"], d["name"], d["digest"]) for run in runs for d in run["datasets"]}),
        "inputs": sum(len(run["datasets"]) for run in runs),
        "input_tags": sum(len(dataset["tags"]) for run in runs for dataset in run["datasets"]),
    }
    return {what: count for what, count in told.items() if count}


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    store = Path(sys.argv[1]).resolve(strict=True)
    client = client_of(store.as_uri())
    found = read(client)
    n_runs = sum(len(experiment["runs"]) for experiment in found.values())
    if sys.argv[2] == "--list":
        print(f"MLflow {mlflow.__version__} lists {len(found)} experiments and {n_runs} runs")
        return
    told = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    check("store", told, found)
    models = check_models(client, told)
    print(f"MLflow {mlflow.__version__} reads {len(told)} experiments, {n_runs} runs and {models} models as they were written")
    if sys.argv[3:] == ["--migrate"]:
        with migrated(store) as (client, summary):
            differ("migrate-filestore's summary", counts(told), summary)
            found = read(client)
            # The database has one of its own, "Default", which is empty.
            if "0" not in told:
                del found["0"]
            check("migrated", as_in_sqlite(told), as_in_sqlite(found))
        print(f"migrate-filestore carries {sum(summary.values())} records to SQLite as they were written")


if __name__ == "__main__":
    main()
