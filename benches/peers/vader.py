"""VADER's own Python on the texts of a file, one after the other: the best of some runs.

usage: python benches/peers/vader.py TEXTS.tsv [RUNS]

Needs vaderSentiment 3.3.2. The file has the header `label<TAB>text`; the line printed is like those of
`ressenti-peers starter TEXTS.tsv`.
"""

import json
import sys
import time

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def main():
    with open(sys.argv[1], encoding="utf-8", newline="\n") as file:
        texts = [line.rstrip("\r\n").split("\t", 1)[1] for line in list(file)[1:]]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    vader = SentimentIntensityAnalyzer()
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        total = sum(vader.polarity_scores(text)["compound"] for text in texts)
        best = min(best, time.perf_counter() - start)
    n = len(texts)
    print(json.dumps({
        "step": "one text", "peer": "vaderSentiment 3.3.2, Python", "seconds": best,
        "per_s": n / best, "us": 1e6 * best / n, "mean_score": total / n,
    }))


main()
