"""Writes the golden files beside it: made-up answers and what scikit-learn says about them. See README.md."""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics
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
