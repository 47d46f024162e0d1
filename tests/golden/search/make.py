"""Ask MLflow's file store what it finds in a small store, and what it refuses.

usage: MLFLOW_ALLOW_FILE_STORE=true python make.py [FILE]

Writes FILE, or search.json beside this script: the runs of the store as facts, from which this script and tests/tracking/search.rs
each write the same files, and for each question the ids that MLflow answers in their order with the token of the next page, or its
refusal.
"""
import hashlib
import json
import os
import re
import sys
import tempfile
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"

import mlflow  # noqa: E402
from mlflow.entities import ViewType  # noqa: E402
from mlflow.store.tracking.file_store import FileStore  # noqa: E402

ONE, TWO, GONE = "100000000000000001", "100000000000000002", "100000000000000003"


def run(n, experiment=ONE, **facts):
    """A run as it is written; metrics are lines of a file."""
    facts = {"start_time": 1700000000000 + n, "end_time": None, "status": 3, "lifecycle_stage": "active", "user_id": "ann",
             "run_name": f"run {n}", "artifact_uri": f"file:///srv/mlruns/{experiment}/{n:032x}/artifacts",
             "metrics": {}, "params": {}, "tags": {}, "inputs": []} | facts
    return {"run_id": f"{n:032x}", "experiment_id": experiment} | facts


def dataset(name, digest, context=None):
    return {"name": name, "digest": digest, "tags": {"mlflow.data.context": context} if context else {}}


RUNS = [
    run(1, metrics={"f1": "1 0.5 0\n", "val/f1": "1 0.25 0\n", "loss": "1 3.0 0\n2 1.0 1\n"}, params={"C": "1.0", "model": "logreg", "n": "10"},
        tags={"stage": "dev", "mlflow.runName": "run 1", "note": "it's"}, end_time=1700000001000, inputs=[dataset("airline", "d1", "training"), dataset("airline", "d2", "validation")]),
    run(2, metrics={"f1": "1 nan 0\n", "loss": "1 -inf 0\n"}, params={"C": "2.0", "model": "LogReg", "n": "2"},
        tags={"stage": "prod", "note": 'say "hi"'}, status=4, end_time=1700000000500, inputs=[dataset("semeval", "d3")]),
    run(3, metrics={"f1": "1 inf 0\n", "a.b": "1 7 0\n"}, params={"C": "10", "model": "svm", "n": "9"}, tags={"stage": "production line"}, user_id="bob", status=1),
    run(4, metrics={"f1": "1 -inf 0\n"}, params={"n": "", "a b": "spaced", "x-y": "dashed"}, tags={"stage": "100% sure", "path": "a_b"}, status=5),
    run(5, metrics={"f1": "1 0.75 2\n2 0.8 1\n"}, params={"C": "1.0", "model": "l\nr"}, tags={"note": "été ☕", "mlflow.note.content": "line one\nline two"}, status=2),
    run(6, start_time=1700000000005, run_name="", tags={"mlflow.runName": "named by tag"}, metrics={"f1": "1 0.5 0\n"}),
    run(7, start_time=1700000000005, run_name="Ünïcode", metrics={"f1": "1 0.5 0\n"}, params={"model": "SVM", "_under": "u", "1st": "one", "order": "by"}),
    run(8, start_time=1699999999999, metrics={"f1": "1 -0.0 0\n", "count": "1 4 0\n"}, params={"C": "1"}, lifecycle_stage="deleted"),
    run(9, experiment=TWO, metrics={"f1": "1 0.9 0\n"}, params={"C": "1.0"}, tags={"stage": "dev"}),
    run(10, experiment=TWO, start_time=1700000000003, metrics={"f1": "1 1e-7 0\n"}, run_name="it's \"both\"", inputs=[dataset("airline", "d1", "eval")]),
    run(11, experiment=TWO, lifecycle_stage="deleted", metrics={"f1": "1 0.1 0\n"}),
    run(12, experiment=GONE, lifecycle_stage="deleted", metrics={"f1": "1 0.2 0\n"}),
    run(13, experiment=GONE, metrics={"f1": "1 0.3 0\n"}),
]

FILTERS = """
metrics.f1 > 0.5
metric.f1 >= 0.5
metrics.f1 < 0.5
metrics.f1 <= 0.5
metrics.f1 = 0.5
metrics.f1 != 0.5
metrics.f1 = 5e-1
metrics.f1 > -1
metrics.f1 > -1e9
metrics.f1 > 1e9
metrics.f1 > 1E-8
metrics.f1 > .4
metrics.f1 > 0.
metrics.f1 > +1
metrics.f1 > 1_000
metrics.f1 > 0x10
metrics.f1>0.5
metrics.f1   >   0.5
metrics.f1 = 0
metrics.f1 > nan
metrics.f1 = inf
metrics.f1 > '0.5'
metrics.f1 LIKE '0%'
metrics.f1 IS NULL
metrics.f1 IN (0.5, 0.25)
metrics.no = 1
metrics.no != 1
metrics.`val/f1` > 0
metrics."val/f1" > 0
metrics.val/f1 > 0
`metrics`.f1 > 0.5
metrics.a.b = 7
metrics.`a.b` = 7
Metrics.f1 > 0.5
METRICS.f1 > 0.5
metrics.loss <= 1
metrics.count = 4
metrics.f1 == 0.5
metrics.f1 <> 0.5
0.5 < metrics.f1
metrics.f1
metrics.f1 >
metrics. > 1
metrics > 1
params.C = '1.0'
param.C = '1.0'
parameter.C = '1.0'
parameters.C = '1.0'
params.C = "1.0"
params.C = 1.0
params.C = `1.0`
params.C != '1.0'
params.C > '1'
params.C LIKE '1%'
params.C like '1%'
params.C LIKE '1'
params.C LIKE '%0'
params.C LIKE '_.0'
params.C LIKE '%'
params.model LIKE 'log%'
params.model ILIKE 'LOG%'
params.model ilike 'svm'
params.model LIKE 'l%r'
params.model LIKE 'l%'
params.model LIKE '%r'
params.model = ''
params.n = ''
params.n != ''
params.n LIKE ''
params.C IS NULL
params.C IS NOT NULL
params.C is not null
params.C IS  NOT   NULL
params.C NOT NULL
params.no IS NULL
params.C IN ('1.0', '2.0')
params.C NOT LIKE '1%'
params.`a b` = 'spaced'
params."a b" = 'spaced'
params.a b = 'spaced'
params.`x-y` = 'dashed'
params.x-y = 'dashed'
params.order = 'by'
params._under = 'u'
params.1st = 'one'
params.`1st` = 'one'
params.no != 'x'
params.C = '1.0
params.C = 1.0'
tags.stage = 'dev'
tag.stage = 'dev'
tags.stage != 'dev'
tags.stage LIKE 'prod%'
tags.stage LIKE '100% sure'
tags.stage LIKE '100\\%%'
tags.path LIKE 'a_b'
tags.path LIKE 'a.b'
tags.stage ILIKE '%LINE'
tags.note = "it's"
tags.note = 'it''s'
tags.note = 'it\\'s'
tags.note = 'say "hi"'
tags.note LIKE 'été%'
tags.note ILIKE 'ÉTÉ _'
tags.mlflow.runName = 'run 1'
tags.`mlflow.runName` = 'run 1'
tags.mlflow.note.content LIKE 'line%'
tags.mlflow.note.content LIKE '%two'
tags.stage IS NULL
tags.stage IS NOT NULL AND tags.stage != 'dev'
attributes.status = 'FINISHED'
attribute.status = 'FINISHED'
attr.status = 'FAILED'
run.status = 'KILLED'
status = 'RUNNING'
status = 'running'
status LIKE 'F%'
status ILIKE 'f%'
status != 'FINISHED'
status IN ('FINISHED', 'FAILED')
status > 'A'
status = FINISHED
run_id = '00000000000000000000000000000001'
run_id IN ('00000000000000000000000000000001', '00000000000000000000000000000005')
run_id IN ('00000000000000000000000000000001')
run_id in ('00000000000000000000000000000001','x')
run_id IN ("00000000000000000000000000000001", 'x')
run_id NOT IN ('00000000000000000000000000000001', '00000000000000000000000000000005')
run_id IN ()
run_id IN ('a',)
run_id IN (1, 2)
run_id IN '00000000000000000000000000000001'
run_id LIKE '%1'
run_id IS NULL
attributes.run_id IN ('00000000000000000000000000000002')
run_name = 'run 1'
run_name = 'named by tag'
run_name LIKE 'run%'
run_name ILIKE 'ünï%'
run_name ILIKE 'ÜNÏ%'
run_name IN ('run 1')
`run name` = 'run 1'
attributes.`run name` = 'run 1'
attributes."Run Name" = 'run 1'
run_name = "it's"
user_id = 'bob'
user_id != 'ann'
artifact_uri LIKE '%1/artifacts'
start_time > 1700000000002
start_time >= 1700000000002 and start_time < 1700000000005
start_time = 1700000000005
start_time > 1700000000002.5
start_time > '1700000000002'
start_time LIKE '17%'
start_time IN (1)
created > 1700000000002
Created > 1700000000002
attributes.created > 1700000000002
end_time > 0
end_time != 0
end_time IS NULL
experiment_id = '100000000000000001'
name = 'run 1'
lifecycle_stage = 'active'
nothing = 'x'
attributes.nothing = 'x'
metrics.f1 > 0.5 AND params.C = '1.0'
metrics.f1 > 0.5 and params.C = '1.0' And tags.note LIKE '%'
metrics.f1 > 0.5 AND
AND metrics.f1 > 0.5
metrics.f1 > 0.5 AND AND params.C = '1.0'
metrics.f1 > 0.5 params.C = '1.0'
metrics.f1 > 0.5 OR params.C = '1.0'
NOT metrics.f1 > 0.5
(metrics.f1 > 0.5)
(metrics.f1 > 0.5) AND params.C = '1.0'
metrics.f1 > 0.5;
metrics.f1 > 0.5; params.C = '1.0'
metrics.f1 > 0.5, params.C = '1.0'
hello
'hello'
1 = 1
 
datasets.name = 'airline'
dataset.name = 'airline'
datasets.name != 'airline'
dataset.digest = 'd1'
dataset.context = 'training'
dataset.context LIKE '%a%'
dataset.name ILIKE 'AIR%'
dataset.name IN ('airline', 'semeval')
dataset.digest NOT IN ('d1', 'd2')
dataset.context IN ('eval')
dataset.name IS NULL
dataset.source = 'x'
dataset.name > 'a'
dataset.name = 'airline' AND dataset.context = 'eval'
metrics.f1 > 0.5 AND dataset.name = 'airline'
params.C = '1.0' AND params.C != '2.0' AND params.C LIKE '1%' AND params.C IS NOT NULL
outputs.name = 'x'
metrics.f1 BETWEEN 0 AND 1
metrics.f1 > 0.5 -- comment
metrics.f1 > 1 = 1
params.C = 'a' 'b'
params.C = ''
params.'C' = '1.0'
tags."stage" = "dev"
params.C = ('1.0')
metrics.f1 > 0.5\tAND\nparams.C = '1.0'
params.C='1.0'AND metrics.f1>0.5
metrics.f1 > 99999999999999999999999
metrics.f1 > 1e400
metrics.f1 >= - 1
"""

ORDERS = [
    ["metrics.f1"], ["metrics.f1 ASC"], ["metrics.f1 DESC"], ["metrics.f1 desc"], ["metric.f1 DeSc"], ["metrics.no DESC"], ["metrics.loss DESC", "metrics.f1"],
    ["params.n"], ["params.n DESC"], ["parameters.C", "metrics.f1 DESC"], ["tags.stage"], ["tag.stage DESC"], ["tags.mlflow.runName"], ["metrics.`val/f1` DESC"],
    ['metrics."val/f1" DESC'], ["metrics.`val/f1`"], ["params.`a b`"], ["params.`a b` DESC"], ["start_time"], ["start_time DESC"], ["attributes.start_time ASC"], ["end_time"], ["end_time DESC"],
    ["status"], ["status DESC", "start_time"], ["run_id"], ["run_id DESC"], ["run_name"], ["run_name DESC"], ["attributes.`run name`"], ["created"], ["Created DESC"],
    ["user_id", "run_id DESC"], ["artifact_uri DESC"], ["experiment_id"], ["lifecycle_stage"], ["f1"], ["metrics.f1 UP"], ["metrics.f1 DESC ASC"], [""], [" "],
    ["metrics"], ["dataset.name"], ["metrics.f1, params.C"], ["DESC"], ["nothing"], ["metrics.f1  DESC"], [" metrics.f1 DESC "], ["metrics.val/f1"], ["tags.stage ASC", "tags.stage DESC"],
    ["METRICS.f1"], ["metrics.a.b"], ["params.order DESC"], ["metrics.f1 > 1"], ["'metrics.f1'"], ["params.C", "params.n", "start_time"],
]

VIEWS = {"active": ViewType.ACTIVE_ONLY, "deleted": ViewType.DELETED_ONLY, "all": ViewType.ALL}


def cases():
    for text in [""] + FILTERS.strip("\n").split("\n"):
        yield {"filter": text.replace("\\t", "\t").replace("\\n", "\n").replace("\\\\", "\\"), "experiments": [ONE, TWO], "view": "all"}
    for order in ORDERS:
        yield {"order_by": order, "experiments": [ONE, TWO]}
    for view in VIEWS:
        for experiments in ([ONE], [TWO, ONE], [GONE], [ONE, GONE], ["999"], []):
            yield {"view": view, "experiments": experiments}
    for size in (0, 1, 3, 9, 10, 50000, 50001, -1):
        yield {"max_results": size, "experiments": [ONE, TWO]}
    for offset in ("eyJvZmZzZXQiOiAzfQ==", "eyJvZmZzZXQiOiA5fQ==", "eyJvZmZzZXQiOiA5OX0=", "eyJvZmZzZXQiOiAwfQ==", "eyJvZmZzZXQiOiAieCJ9", "bm90IGpzb24=", "!!", ""):
        yield {"max_results": 3, "page_token": offset, "experiments": [ONE, TWO], "order_by": ["metrics.f1 DESC"]}


def quoted(text):
    return json.dumps(text, ensure_ascii=True)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def write_store(root):
    for experiment, stage in ((ONE, "active"), (TWO, "active"), (GONE, "deleted")):
        folder = root / (".trash" if stage == "deleted" else ".") / experiment
        write(folder / "meta.yaml", f'artifact_location: "file:///srv/mlruns/{experiment}"\nexperiment_id: "{experiment}"\nlifecycle_stage: {stage}\nname: "experiment {experiment}"\n')
        for facts in RUNS:
            if facts["experiment_id"] == experiment:
                write_run(folder, facts)


def write_run(experiment, facts):
    folder = experiment / facts["run_id"]
    for room in ("metrics", "params", "tags", "artifacts"):
        (folder / room).mkdir(parents=True)
    for room in ("metrics", "params", "tags"):
        for key, text in facts[room].items():
            write(folder / room / key, text)
    lines = [f"{key}: {quoted(facts[key])}" for key in ("artifact_uri", "end_time", "experiment_id", "lifecycle_stage", "run_id", "run_name", "start_time", "status", "user_id")]
    write(folder / "meta.yaml", "\n".join(lines) + "\n")
    for data in facts["inputs"]:
        known = hashlib.md5((data["name"] + data["digest"]).encode()).hexdigest()
        write(experiment / "datasets" / known / "meta.yaml", f'digest: {data["digest"]}\nname: {data["name"]}\nprofile: "{{}}"\nschema: "{{}}"\nsource: "{{}}"\nsource_type: local\n')
        tags = "".join(f"\n  {key}: {value}" for key, value in data["tags"].items()) or " {}"
        given = hashlib.md5((known + facts["run_id"]).encode()).hexdigest()
        write(folder / "inputs" / given / "meta.yaml", f"destination_id: {known}\ndestination_type: RUN\nsource_id: {known}\nsource_type: DATASET\ntags:{tags}\n")


def answer(store, case):
    try:
        page = store.search_runs(case["experiments"], case.get("filter", ""), VIEWS[case.get("view", "active")], case.get("max_results", 1000),
                                 case.get("order_by", []), case.get("page_token"))
    except Exception as error:
        # Python prints sets in another order each time.
        return {"refused": re.sub(r"\{.*\}?", "{…}", f"{type(error).__name__}: {error}")}
    token = page.token
    return {"runs": [int(run.info.run_id, 16) for run in page], "token": token.decode() if isinstance(token, bytes) else token}


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "mlruns"
        (root / ".trash").mkdir(parents=True)
        write_store(root)
        store = FileStore(str(root))
        answered = [case | answer(store, case) for case in cases()]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in answered)
    runs = ",\n".join(json.dumps(facts, ensure_ascii=False) for facts in RUNS)
    text = f'{{"mlflow": "{mlflow.__version__}", "runs": [\n{runs}\n], "cases": [\n{lines}\n]}}\n'
    Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("search.json")).write_text(text)
    refused = sum("refused" in case for case in answered)
    print(len(answered), "cases, of which MLflow refuses", refused)


if __name__ == "__main__":
    main()
