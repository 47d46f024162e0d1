"""What the makers of the golden files share: the example tweets, and how cases are written. See README.md."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import sklearn
from sklearn.feature_extraction.text import CountVectorizer

assert sklearn.__version__ == "1.9.1", sklearn.__version__
assert unicodedata.unidata_version == "14.0.0", unicodedata.unidata_version

HERE = Path(__file__).parent
LINES = (HERE / "../../../examples/data/airline.tsv").read_text(encoding="utf-8").split("\n")[1:-1]
LABELS, TWEETS = zip(*(line.split("\t", 1) for line in LINES))

ASSIGNED = [i for i in range(0x110000) if unicodedata.category(chr(i)) not in ("Cn", "Co", "Cs")]


def write(name, cases, **style):
    """One case a line; floats in the shortest form that reads back as the same number."""
    text = "[\n" + ",\n".join(json.dumps(case, ensure_ascii=False, **style) for case in cases) + "\n]\n"
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")


def ranges(numbers):
    """Ascending numbers as pairs of the first and the last of each run."""
    runs = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return runs


def sparse(rows):
    """Each row as its columns and its values."""
    rows = rows.tocsr().sorted_indices()
    return [[row.indices.tolist(), row.data.tolist()] for row in rows]


def distinct(idf):
    """Few values of idf occur: these, and which of them each column has."""
    values, of = np.unique(idf, return_inverse=True)
    return {"values": values.tolist(), "of": of.tolist()}


# What decides which terms occur, and how often.
COUNTED = ("analyzer", "strip_accents", "ngram_range", "min_df", "max_df", "binary", "lowercase", "stop_words")


def frequencies(texts, **options):
    """How often each term occurs, as max_features ranks them."""
    counted = {k: v for k, v in options.items() if k in COUNTED}
    return np.asarray(CountVectorizer(**counted).fit_transform(texts).sum(axis=0)).ravel()


def largest_cut(frequencies, most, least=None):
    """The largest max_features up to `most` at which nothing ties: the first term left out is rarer than the last."""
    ordered = np.sort(frequencies)[::-1]
    cut = max(n for n in range(1, min(most, len(ordered) - 1) + 1) if ordered[n - 1] > ordered[n])
    assert cut >= (least or most / 2), cut
    return cut
