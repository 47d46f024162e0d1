"""Check that MLflow reads the model registry of a store as it was written, then change it through MLflow.

usage: registry.py STORE_DIR FACTS.json [--migrate]
       registry.py STORE_DIR --list

FACTS.json is what tests/tracking/mlflow_registry.rs leaves: model name -> what was registered. Exit status 1 names the first
difference. With --migrate, the store is also carried to SQLite by `mlflow migrate-filestore` and read there. With --list, it is
only read: every model must list, with a version in Production if it has any (a killed writer may have left the next one
beside it).
"""
import hashlib
import json
import sys
from pathlib import Path

from client import client_of, differ, every_page, migrated

import mlflow

NAME = "sentiment-classifier"


def read(client):
    """What the client sees, in the form of FACTS.json."""
    # Only one that is asked for by its number has its aliases, if the store is SQLite.
    versions = [client.get_model_version(v.name, v.version) for v in every_page(client.search_model_versions)]
    found = {}
    for model in every_page(client.search_registered_models):
        found[model.name] = {
            "description": model.description,
            "tags": dict(model.tags),
            "aliases": {alias: str(version) for alias, version in model.aliases.items()},
            "versions": {
                str(v.version): {
                    "stage": v.current_stage, "run_id": v.run_id, "source": v.source, "status": v.status,
                    "description": v.description, "tags": dict(v.tags), "aliases": sorted(v.aliases),
                }
                for v in versions
                if v.name == model.name
            },
        }
    return found


def check_uris(client, told):
    """The URIs that name a version, and the model file behind them."""
    count = 0
    for name, model in told.items():
        by_uri = {f"models:/{name}/{number}": number for number in model["versions"]}
        by_uri |= {f"models:/{name}@{alias}": number for alias, number in model["aliases"].items()}
        for number, version in sorted(model["versions"].items()):
            by_uri[f"models:/{name}/{version['stage']}"] = number
            by_uri[f"models:/{name}/latest"] = number
        for uri, number in by_uri.items():
            folder = mlflow.artifacts.download_artifacts(uri)
            digest = hashlib.sha256(Path(folder, "pipeline.ressenti").read_bytes()).hexdigest()
            differ(uri, model["versions"][number]["tags"]["ressenti.sha256"], digest)
            count += 1
    return count


def migrate(store, told):
    with migrated(store) as (client, _):
        differ("migrated", told, read(client))
    versions = sum(len(model["versions"]) for model in told.values())
    print(f"migrate-filestore carries {len(told)} models and {versions} versions to SQLite as they were written")


def change(client):
    source = client.get_model_version(NAME, "2")
    version = client.create_model_version(NAME, source.source, description="by MLflow\n", tags={"by": "MLflow"}).version
    differ("the next version", "6", str(version))
    client.transition_model_version_stage(NAME, version, "Production", archive_existing_versions=True)
    client.set_registered_model_alias(NAME, "champion", version)
    client.delete_model_version(NAME, "4")


def list_all(client):
    found = read(client)
    for name, model in found.items():
        stages = [version["stage"] for version in model["versions"].values()]
        # Between its creation and its first transition, a model has none.
        if stages and "Production" not in stages and set(stages) != {"None"}:
            sys.exit(f"{name!r} has nothing in Production: {model}")
    print(f"MLflow {mlflow.__version__} lists {len(found)} models and {sum(len(m['versions']) for m in found.values())} versions")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    store = Path(sys.argv[1]).resolve(strict=True)
    client = client_of(store.as_uri())
    if sys.argv[2] == "--list":
        return list_all(client)
    told = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    differ("registry", told, read(client))
    uris = check_uris(client, told)
    print(f"MLflow {mlflow.__version__} reads {len(told)} models as they were written, and {uris} URIs lead to their files")
    if sys.argv[3:] == ["--migrate"]:
        migrate(store, told)
    change(client_of(store.as_uri()))


if __name__ == "__main__":
    main()
