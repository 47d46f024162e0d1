"""What the checks of this folder share: MLflow's client, pages, differences, and the way to SQLite."""
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # from 3.13 on, MLflow refuses stores of files without it

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402


def client_of(uri):
    mlflow.set_tracking_uri(uri)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def every_page(search, **how):
    token = None
    while True:
        page = search(page_token=token, **how)
        yield from page
        token = page.token
        if not token:
            return


def differ(where, told, found):
    """Exits with the first difference, if there is one."""
    if isinstance(told, dict) and isinstance(found, dict):
        if sorted(told) != sorted(found):
            sys.exit(f"{where}: written were {sorted(told)}, MLflow reads {sorted(found)}")
        for key, value in told.items():
            differ(f"{where}, {key!r}", value, found[key])
    # SQLite has an empty text where files have none.
    elif told != found and (told or found):
        sys.exit(f"{where}: written was {told!r}, MLflow reads {found!r}")


@contextmanager
def migrated(store):
    """A client of the store as `mlflow migrate-filestore` carries it to SQLite, and how many of what its summary counts."""
    with TemporaryDirectory() as folder:
        target = f"sqlite:///{folder}/mlflow.db"
        command = [Path(sys.executable).with_name("mlflow"), "migrate-filestore", "--source", store, "--target", target]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"migrate-filestore: {run.stdout}{run.stderr}")
        rows = re.findall(r"^  (\w+) +(\d+) +(\d+)$", run.stdout, re.MULTILINE)
        for what, carried, there in rows:
            differ(f"{what} in the database", carried, there)
        yield client_of(target), {what: int(carried) for what, carried, _ in rows}
