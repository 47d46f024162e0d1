"""Writes the golden files beside it: made-up answers and what scikit-learn says about them. See README.md."""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from scipy import stats
from sklearn import metrics, model_selection
from sklearn.calibration import calibration_curve

assert sklearn.__version__ == "1.9.1", sklearn.__version__


def answers(seed, shares, rows, decimals, skill=1.5):
    """True classes by `shares`, and probabilities (rounded, rows summing to 1) that know something about them."""
    random = np.random.default_rng(seed)
    truth = random.choice(len(shares), size=rows, p=shares)
    scores = random.normal(size=(rows, len(shares))) + np.log(shares)
    scores[np.arange(rows), truth] += skill
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    probabilities = np.round(probabilities, decimals)
    probabilities[:, 0] = np.round(1 - probabilities[:, 1:].sum(axis=1), decimals)
    return truth, np.clip(probabilities, 0, 1)


def calibration_error(truth, probabilities, bins=15):
    """The error of the top label, Guo et al. 2017, equation 3; scikit-learn has none."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    edges, error = np.linspace(0, 1, bins + 1), 0
    for low, high in zip(edges[:-1], edges[1:]):
        rows = (confidence > low) & (confidence <= high)
        if rows.any():
            error += rows.mean() * abs(right[rows].mean() - confidence[rows].mean())
    return error


def write(name, classes, positive, truth, predicted, probabilities):
    labels = list(range(len(classes)))
    with warnings.catch_warnings():
        # Undefined figures warn; that they are 0 (or, for ROC-AUC, NaN) is what we want to know.
        warnings.simplefilter("ignore")
        figures = {
            average or "per_class": np.transpose(
                [
                    np.atleast_1d(column)
                    for column in metrics.precision_recall_fscore_support(
                        truth, predicted, labels=labels, average=average
                    )[:3]
                ]
            ).tolist()
            for average in (None, "macro", "weighted")
        }
        if positive is None:
            area = metrics.roc_auc_score(truth, probabilities, multi_class="ovr", labels=labels)
            precision = metrics.average_precision_score(truth, probabilities)
            curve = None
            top = {
                k: metrics.top_k_accuracy_score(truth, probabilities, k=k, labels=labels)
                for k in range(1, len(classes))
            }
        else:
            area = metrics.roc_auc_score(truth == positive, probabilities[:, positive])
            precision = metrics.average_precision_score(truth == positive, probabilities[:, positive])
            # With no positive row at all scikit-learn says 0, we say that it is undefined.
            precision = precision if (truth == positive).any() else None
            shares = calibration_curve(truth == positive, probabilities[:, positive], n_bins=10)
            curve = np.transpose(shares).tolist()
            top = {}
        expected = {
            "accuracy": metrics.accuracy_score(truth, predicted),
            "confusion_matrix": metrics.confusion_matrix(truth, predicted, labels=labels).tolist(),
            "precision_recall_f1": figures,
            "roc_auc": None if np.isnan(area) else area,
            "average_precision": precision,
            "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
            "matthews_corrcoef": metrics.matthews_corrcoef(truth, predicted),
            "log_loss": metrics.log_loss(truth, probabilities, labels=labels),
            "brier_score_loss": metrics.brier_score_loss(truth, probabilities, labels=labels),
            "expected_calibration_error": calibration_error(truth, probabilities),
            "calibration_curve": curve,
            "top_k_accuracy": top,
            "report": {
                digits: metrics.classification_report(
                    truth, predicted, labels=labels, target_names=classes, digits=int(digits)
                )
                for digits in "42"
            },
        }
    case = {
        "classes": classes,
        "positive": positive,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "expected": expected,
    }
    text = json.dumps(case, ensure_ascii=False) + "\n"
    (Path(__file__).parent / f"{name}.json").write_text(text, encoding="utf-8")


truth, probabilities = answers(seed=1, shares=[0.8, 0.2], rows=200, decimals=4)
write("binary_imbalanced", ["0", "1"], 1, truth, probabilities.argmax(axis=1), probabilities)

truth, probabilities = answers(seed=2, shares=[0.5, 0.5], rows=120, decimals=1)
write("binary_ties", ["negative", "positive"], 1, truth, probabilities.argmax(axis=1), probabilities)

truth, probabilities = answers(seed=3, shares=[0.6, 0.25, 0.15], rows=150, decimals=4)
three = ["negative", "neutral", "positive"]
write("three_classes", three, None, truth, probabilities.argmax(axis=1), probabilities)

truth, probabilities = answers(seed=4, shares=[0.5, 0.4, 0.1], rows=90, decimals=3)
wide = ["satisfait", "déçu", "ni l'un ni l'autre"]
write("never_predicted", wide, None, truth, probabilities[:, :2].argmax(axis=1), probabilities)

truth, probabilities = answers(seed=5, shares=[0.4, 0.3, 0.2, 0.1], rows=120, decimals=1)
four = ["bad", "poor", "fair", "good"]
write("four_classes_ties", four, None, truth, probabilities.argmax(axis=1), probabilities)

truth = np.zeros(8, dtype=int)
probabilities = np.array([[p, 1 - p] for p in [1.0, 0.0, 0.5, 0.25, 0.75, 1.0, 0.125, 0.625]])
write("one_class_only", ["no", "yes"], 1, truth, probabilities.argmax(axis=1), probabilities)


def write_lines(name, cases):
    text = "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"
    (Path(__file__).parent / f"{name}.json").write_text(text, encoding="utf-8")


def folds(splitter, labels=None, groups=None, rows=None):
    """The fold of each row by `splitter`, unshuffled."""
    rows = rows or len(labels if labels is not None else groups)
    of_row = np.full(rows, -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class with fewer rows than folds
        for fold, (_, test) in enumerate(splitter.split(np.zeros(rows), labels, groups)):
            of_row[test] = fold
    case = {"kind": type(splitter).__name__, "n_splits": splitter.get_n_splits()}
    if labels is not None:
        case["labels"] = labels.tolist()
    if groups is not None:
        case["groups"] = groups.tolist()
    if labels is not None and groups is not None:
        # Mean over the classes of the deviation of the folds' shares, which `StratifiedGroupKFold` makes small.
        _, codes, totals = np.unique(labels, return_inverse=True, return_counts=True)
        counts = np.zeros((splitter.get_n_splits(), len(totals)))
        np.add.at(counts, (of_row, codes), 1)
        case["unevenness"] = (counts / totals).std(axis=0).mean()
    return case | {"folds": of_row.tolist()}


random = np.random.default_rng(6)
cases = [folds(model_selection.KFold(k), rows=rows) for k, rows in [(2, 5), (3, 11), (5, 20), (7, 7)]]
for k, shares, rows in [(2, [0.8, 0.2], 25), (3, [0.5, 0.3, 0.2], 40), (5, [0.9, 0.07, 0.03], 120)]:
    labels = random.choice([f"class {i}" for i in range(len(shares))], size=rows, p=shares)
    cases.append(folds(model_selection.StratifiedKFold(k), labels))
# Sizes differ, for the order of equal ones is left to chance (NumPy's unstable sort) by scikit-learn.
for k, sizes in [(2, [3, 1, 2]), (3, [9, 2, 7, 4, 1, 6, 11, 3]), (5, list(range(1, 24)))]:
    groups = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    cases.append(folds(model_selection.GroupKFold(k), groups=groups))
for k, shares, rows, n_groups in [
    (2, [0.5, 0.5], 60, 12),
    (3, [0.8, 0.2], 150, 40),
    (5, [0.6, 0.3, 0.1], 400, 60),
    (10, [0.8, 0.2], 1000, 400),
]:
    groups = np.minimum((random.exponential(size=rows) * n_groups / 3).astype(int), n_groups - 1)
    lean = random.random(n_groups)  # groups have a mind of their own
    order = np.argsort(random.random((rows, len(shares))) / np.array(shares), axis=1)
    labels = np.where(random.random(rows) < lean[groups], order[:, 0], order[:, -1])
    cases.append(folds(model_selection.StratifiedGroupKFold(k), labels, groups))
write_lines("folds", cases)


cases = []
for only_first, only_second in [(0, 0), (1, 0), (0, 7), (3, 9), (12, 12), (20, 5), (61, 39), (0, 40), (9999, 10400)]:
    discordant = only_first + only_second
    fewer = min(only_first, only_second)
    uneven = max(abs(only_first - only_second) - 1, 0)
    statistic = uneven**2 / max(discordant, 1)
    cases.append(
        {
            "only_first": only_first,
            "only_second": only_second,
            "exact": stats.binomtest(fewer, discordant, 0.5).pvalue if discordant else 1.0,
            "statistic": statistic,
            "chi_squared": stats.chi2.sf(statistic, 1),
        }
    )
write_lines("mcnemar", cases)


class SplitMix64:
    """The crate's random numbers, so that the same rows are drawn: src/random.rs has the sources."""

    def __init__(self, seed):
        self.state = seed % 2**64

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        z = ((self.state ^ (self.state >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        return z ^ (z >> 31)

    def below(self, n):
        while True:
            product = self.next() * n
            if product % 2**64 >= 2**64 % n:
                return product >> 64


def resamples(truth, stratified, seed, times):
    """Rows drawn with replacement: from all, or class by class."""
    strata = [np.flatnonzero(truth == c) for c in np.unique(truth)] if stratified else [np.arange(len(truth))]
    seeds = SplitMix64(seed)
    for _ in range(times):
        random = SplitMix64(seeds.next())
        yield np.array([rows[random.below(len(rows))] for rows in strata for _ in rows])


def figure(name, truth, predicted, scores):
    if name == "roc_auc":
        return metrics.roc_auc_score(truth, scores) if 0 < truth.sum() < len(truth) else None
    return {"accuracy": metrics.accuracy_score, "f1": metrics.f1_score}[name](truth, predicted)


cases, (truth, probabilities) = [], answers(seed=11, shares=[0.85, 0.15], rows=30, decimals=1)
predicted, scores = probabilities.argmax(axis=1), probabilities[:, 1]
rival = np.where(np.arange(30) % 6 == 0, 1 - predicted, predicted)
for name, stratified, level, seed, paired in [
    ("accuracy", False, 0.95, 0, False),
    ("f1", True, 0.9, 42, False),
    ("roc_auc", False, 0.95, 2**64 - 1, False),
    ("roc_auc", True, 0.5, 1, False),
    ("accuracy", False, 0.95, 3, True),
]:
    values = []
    for rows in resamples(truth, stratified, seed, 150):
        value = figure(name, truth[rows], predicted[rows], scores[rows])
        if paired:
            value -= figure(name, truth[rows], rival[rows], scores[rows])
        values += [] if value is None else [value]
    lower, upper = np.percentile(values, [50 - 50 * level, 50 + 50 * level])
    settings = {"figure": name, "stratified": stratified, "level": level, "seed": seed, "paired": paired}
    cases.append(settings | {"lower": lower, "upper": upper, "resamples": len(values)})
data = {"truth": truth.tolist(), "predicted": predicted.tolist(), "rival": rival.tolist(), "scores": scores.tolist()}
write_lines("bootstrap", [data, *cases])
