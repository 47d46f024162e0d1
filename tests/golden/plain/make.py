"""Models that scikit-learn fitted, as examples/plain/export.py writes them, and what they say. See README.md."""
import json
import sys
from pathlib import Path

import sklearn
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "examples" / "plain"))
from export import export  # noqa: E402

lines = (ROOT / "examples/data/airline.tsv").read_text().splitlines()[1:]
labels, texts = zip(*(line.split("\t", 1) for line in lines))
UNSEEN = ["Lovely crew, but late again :(", "été ÉTÉ ΟΔΟΣ don't", "zzz", "not good not good, thanks THANKS", "the"]

CASES = {
    "binary": (TfidfVectorizer(max_features=60), [int(l == "positive") for l in labels], 1.0),
    "multinomial": (
        TfidfVectorizer(ngram_range=(1, 2), max_features=80, sublinear_tf=True, norm="l1", stop_words=["the", "to"]),
        labels,
        100.0,
    ),
    # Columns and classes in an order that is not that of this crate.
    "unordered": (
        CountVectorizer(vocabulary=["thanks", "late", "Late", "crew", "not"], binary=True, strip_accents="unicode"),
        [{"positive": "10", "negative": "9"}.get(l, "10") for l in labels],
        1.0,
    ),
    "characters": (
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), max_features=60, use_idf=False, lowercase=False),
        labels,
        10.0,
    ),
}

for name, (vectorizer, y, c) in CASES.items():
    rows = vectorizer.fit_transform(texts)
    classifier = LogisticRegression(C=c, max_iter=1000, tol=1e-8).fit(rows, y)
    path = HERE / f"{name}.json"
    export(vectorizer, classifier, path)
    asked = list(texts[:6]) + UNSEEN
    rows = vectorizer.transform(asked)
    said = {
        "sklearn": sklearn.__version__,
        "model": json.loads(path.read_text()),
        "texts": asked,
        "labels": [str(label) for label in classifier.predict(rows).tolist()],
        "probabilities": classifier.predict_proba(rows).tolist(),
        "classes": [str(label) for label in classifier.classes_.tolist()],
    }
    path.write_text(json.dumps(said, ensure_ascii=False) + "\n")
