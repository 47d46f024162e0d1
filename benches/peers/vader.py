"""VADER's own Python beside the starter model: its speed, or how good it is.

usage: python benches/peers/vader.py TEXTS.tsv [RUNS]
       python benches/peers/vader.py --figures [DATA] [STARTER]

Needs vaderSentiment 3.3.2. Files have the header `label<TAB>text`. The first form asks about one text after the other and
prints the best of some runs, in a line like those of `ressenti-peers starter TEXTS.tsv`. The second one prints what
`train_starter --figures` does of the starter model, of the same texts: DATA has those to evaluate on (default:
../shared/data), STARTER those to train on, of which the rated tweets are asked about (default: ../shared/starter). They are
cleaned: of the original ones the correlation is a little higher, 0.8376 by VADER's own study.
"""

import json
import sys
import time
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

VADER = SentimentIntensityAnalyzer()


def read(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        pairs = [line.rstrip("\r\n").split("\t", 1) for line in list(file)[1:]]
    return [label for label, _ in pairs], [text for _, text in pairs]


def scores(texts):
    return [VADER.polarity_scores(text)["compound"] for text in texts]


def accuracy(truth, answers):
    return sum(t == a for t, a in zip(truth, answers)) / len(truth)


def f1_macro(truth, answers):
    def f1(label):
        right = sum(t == a == label for t, a in zip(truth, answers))
        return 2 * right / (truth.count(label) + answers.count(label))

    labels = sorted(set(truth))
    return sum(map(f1, labels)) / len(labels)


def ranks(values):
    """Equal values have their mean rank."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            found[place] = (start + end - 1) / 2
        start = end
    return found


def auc(truth, values):
    positive = [rank for t, rank in zip(truth, ranks(values)) if t == "1"]
    n = len(positive)
    return (sum(positive) - n * (n - 1) / 2) / (n * (len(truth) - n))


def spearman(a, b):
    a, b = ranks(a), ranks(b)
    mean = (len(a) - 1) / 2

    def product(x, y):
        return sum((i - mean) * (j - mean) for i, j in zip(x, y))

    return product(a, b) / (product(a, a) * product(b, b)) ** 0.5


def figures(data, starter):
    print("accuracy, macro F1, ROC-AUC; 0 is what is better for the accuracy")
    for name in ["airline.test", "product_reviews", "sst2_sentences.val"]:
        truth, texts = read(data / f"{name}.tsv")
        found = scores(texts)
        signs = {"negative": lambda z: z > 0, "positive": lambda z: z >= 0}
        answers = {zero: [str(int(sign(z))) for z in found] for zero, sign in signs.items()}
        zero = max(answers, key=lambda zero: accuracy(truth, answers[zero]))
        three = [accuracy(truth, answers[zero]), f1_macro(truth, answers[zero]), auc(truth, found)]
        print(f"{name}: {' / '.join(f'{100 * figure:.2f}' for figure in three)}, 0 is {zero}")

    truth, texts = read(data / "airline3.test.tsv")
    cut = ["positive" if z >= 0.05 else "negative" if z <= -0.05 else "neutral" for z in scores(texts)]
    print(f"airline3.test, three classes: macro F1 {100 * f1_macro(truth, cut):.2f}")

    ratings, texts = read(starter / "vader_tweets.tsv")
    rho = spearman(scores(texts), [float(rating) for rating in ratings])
    print(f"rank correlation with {len(texts)} rated tweets: {rho:.4f}")


def speed(path, runs):
    _, texts = read(path)
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        total = sum(VADER.polarity_scores(text)["compound"] for text in texts)
        best = min(best, time.perf_counter() - start)
    n = len(texts)
    print(json.dumps({
        "step": "one text", "peer": "vaderSentiment 3.3.2, Python", "seconds": best,
        "per_s": n / best, "us": 1e6 * best / n, "mean_score": total / n,
    }))


def main():
    if sys.argv[1:2] == ["--figures"]:
        beside = Path(__file__).resolve().parents[3] / "shared"
        given = [Path(argument) for argument in sys.argv[2:]]
        figures(*(given + [beside / "data", beside / "starter"][len(given):]))
    else:
        speed(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)


main()
