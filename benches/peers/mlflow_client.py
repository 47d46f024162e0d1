"""MLflow's Python client beside `measure tracking` and `measure registry`: runs and versions in its store of files.

usage: [MLFLOW_ALLOW_FILE_STORE=true] python benches/peers/mlflow_client.py DIR [REPEATS]

Needs MLflow 2.22 or 3.17. Makes a store in a new folder below DIR, which stays there: remove it when all has been measured.
ext4 gives an inode that was deleted in the last minutes to no new file and looks past each of these, so what makes files
takes several times as long where much was just deleted. Both sides are measured in one new folder at the top of a file
system, in turns, for figures that can be repeated.

A run is made twice: as programs make one, by `mlflow.start_run`, which sets the tags of user and program as ours does, and by
the bare `MlflowClient`, which sets the name alone. Prints lines like those of `measure`: medians in milliseconds, after one
call that is not counted.
"""

import json
import logging
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import mlflow
from mlflow import MlflowClient

PARAMS = ("model_type", "preprocessing", "vectorizer", "max_features", "C")
METRICS = ("accuracy", "f1_score", "roc_auc", "precision", "recall")


def report(step, action, repeats):
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(1e3 * (time.perf_counter() - start))
    figures = {"median_ms": statistics.median(times), "min_ms": min(times), "max_ms": max(times)}
    print(json.dumps({"step": step, **figures, "repeats": repeats, "mlflow": mlflow.__version__}), flush=True)


def main():
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    uri = (Path(tempfile.mkdtemp(prefix="mlflow-", dir=sys.argv[1])) / "mlruns").as_uri()
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    experiment = mlflow.set_experiment("bench").experiment_id

    def by_start_run():
        with mlflow.start_run():
            for name in PARAMS:
                mlflow.log_param(name, "value")
            for name in METRICS:
                mlflow.log_metric(name, 0.5)

    def by_client():
        run_id = client.create_run(experiment).info.run_id
        for name in PARAMS:
            client.log_param(run_id, name, "value")
        for name in METRICS:
            client.log_metric(run_id, name, 0.5)
        client.set_terminated(run_id)

    def register():
        version = client.create_model_version("scorer", source="/models/scorer").version
        client.transition_model_version_stage("scorer", version, "Production", archive_existing_versions=True)

    report("run with 5 params and 5 metrics, start_run", by_start_run, repeats)
    report("run with 5 params and 5 metrics, MlflowClient", by_client, repeats)
    with mlflow.start_run() as run:
        def hundred():
            for step in range(100):
                client.log_metric(run.info.run_id, "loss", 0.1, timestamp=1, step=step)
        report("100 log_metric", hundred, 5)
    client.create_registered_model("scorer")
    report("create version and move to Production (1st to 21st version)", register, 20)


if __name__ == "__main__":
    main()
