"""Writes solvers.json beside it: optima of scikit-learn and, where it penalises the intercept, of Newton's method in NumPy. See README.md."""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from scipy.special import logsumexp, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

assert sklearn.__version__ == "1.9.1", sklearn.__version__

HERE = Path(__file__).parent
DATA = json.loads((HERE.parent / "linear" / "data.json").read_text(encoding="utf-8"))[0]
ROWS = np.array(DATA["rows"])
WEIGHTS = np.array(DATA["weights"])
TARGETS = {name: np.array(target) for name, target in DATA["targets"].items()}


def balanced(truth, weights):
    """Each side of two counts the same in all."""
    sums = np.array([weights[~truth].sum(), weights[truth].sum()])
    return weights * (sums.sum() / 2 / sums)[truth.astype(int)]


def logistic(truth, weights, c, l1_ratio):
    if l1_ratio:
        model = LogisticRegression(C=c, l1_ratio=l1_ratio, solver="saga", tol=1e-13, max_iter=1_000_000)
    else:
        model = LogisticRegression(C=c, solver="newton-cg", tol=1e-11, max_iter=10_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(ROWS, truth, sample_weight=weights)
    w, b = model.coef_[0], model.intercept_[0]
    if l1_ratio:
        w, b = polished(truth, weights, c, l1_ratio, w, b)
    z = np.where(truth, 1, -1) * (ROWS @ w + b)
    value = l1_ratio * np.abs(w).sum() + (1 - l1_ratio) / 2 * w @ w + c * weights @ np.logaddexp(0, -z)
    return w, b, value


def polished(truth, weights, c, l1_ratio, w, b):
    """saga stops when the coefficients stand still, though the intercept may not: proximal gradient steps, then Newton's
    method on what is not 0."""
    x = np.hstack([ROWS, np.ones((len(ROWS), 1))])
    y = np.where(truth, 1.0, -1.0)
    ridge = np.append(np.full(ROWS.shape[1], 1 - l1_ratio), 0.0)
    l1 = np.append(np.full(ROWS.shape[1], l1_ratio), 0.0)
    theta = np.append(w, b)

    def gradient(theta):
        return ridge * theta - c * x.T @ (weights * y / (1 + np.exp(y * (x @ theta))))

    step = 1 / (1 + c * np.linalg.norm((x.T * weights) @ x, 2) / 4)
    for _ in range(200_000):
        moved = theta - step * gradient(theta)
        theta = np.sign(moved) * np.maximum(np.abs(moved) - step * l1, 0)
    free = np.flatnonzero((theta != 0) | (l1 == 0))
    for _ in range(20):
        p = 1 / (1 + np.exp(-(x @ theta)))
        hessian = np.diag(ridge) + c * (x.T * (weights * p * (1 - p))) @ x
        slope = gradient(theta) + l1 * np.sign(theta)
        theta[free] -= np.linalg.solve(hessian[np.ix_(free, free)], slope[free])
    slope = gradient(theta)
    assert np.abs(slope + l1 * np.sign(theta))[free].max() < 1e-10
    assert (np.abs(slope) <= l1 + 1e-10)[np.setdiff1d(np.arange(len(theta)), free)].all()
    return theta[:-1], theta[-1]


def svm(truth, weights, c, l1_ratio):
    """Newton's method with the active rows' Hessian; the intercept has no penalty."""
    x = np.hstack([ROWS, np.ones((len(ROWS), 1))])
    y = np.where(truth, 1.0, -1.0)
    ridge = np.diag([1.0] * ROWS.shape[1] + [0.0])
    theta = np.zeros(x.shape[1])

    def value(theta):
        missing = np.maximum(0, 1 - y * (x @ theta))
        return theta @ ridge @ theta / 2 + c * weights @ missing**2

    for _ in range(100):
        missing = np.maximum(0, 1 - y * (x @ theta))
        gradient = ridge @ theta - 2 * c * x.T @ (weights * y * missing)
        active = 2 * c * weights * (missing > 0)
        step = -np.linalg.solve(ridge + (x.T * active) @ x, gradient)
        length = 1.0
        while value(theta + length * step) > value(theta) and length > 1e-10:
            length /= 2
        theta = theta + length * step
    assert np.abs(gradient).max() < 1e-9, np.abs(gradient).max()
    return theta[:-1], theta[-1], value(theta)


def balanced_classes(y, weights):
    """Each class counts the same in all."""
    sums = np.array([weights[y == k].sum() for k in range(y.max() + 1)])
    return weights * (sums.sum() / len(sums) / sums)[y]


def multinomial(target, c, l1_ratio, weighted=False, balance=False, fit_intercept=True):
    """saga, then proximal gradient steps, then Newton's method on what is not 0; θ is columns and a 1 by classes."""
    y, weights = TARGETS[target], WEIGHTS if weighted else np.ones(len(ROWS))
    costs = c * (balanced_classes(y, weights) if balance else weights)
    truth = np.eye(y.max() + 1)[y]
    model = LogisticRegression(
        C=c, l1_ratio=l1_ratio, solver="saga", tol=1e-9, max_iter=100_000, fit_intercept=fit_intercept
    )
    with warnings.catch_warnings():
        # Where its steps do not get smaller, see below.
        warnings.simplefilter("ignore")
        model.fit(ROWS, y, sample_weight=costs / c)
    x = np.hstack([ROWS, np.full((len(ROWS), 1), float(fit_intercept))])
    penalised = np.append(np.ones(ROWS.shape[1]), 0.0)[:, None]
    ridge, l1 = (1 - l1_ratio) * penalised, l1_ratio * penalised
    theta = np.vstack([model.coef_.T, model.intercept_])

    def residuals(theta):
        return costs[:, None] * (softmax(x @ theta, axis=1) - truth)

    step = 1 / (1 + np.linalg.norm((x.T * costs) @ x, 2) / 2)
    for _ in range(200_000):
        moved = theta - step * (ridge * theta + x.T @ residuals(theta))
        theta = np.sign(moved) * np.maximum(np.abs(moved) - step * l1, 0)
    if fit_intercept:
        theta[-1] -= theta[-1].mean()
    free = np.flatnonzero((theta != 0) & ((penalised > 0) | fit_intercept))
    for _ in range(20):
        p = softmax(x @ theta, axis=1)
        curvature = costs[:, None, None] * (p[:, :, None] * np.eye(len(truth[0])) - p[:, :, None] * p[:, None, :])
        hessian = np.einsum("ni,nkl,nj->ikjl", x, curvature, x).reshape(theta.size, theta.size)
        hessian += np.diag((ridge * np.ones_like(theta)).ravel())
        slope = (ridge * theta + x.T @ residuals(theta) + l1 * np.sign(theta)).ravel()
        # The constant that softmax does not see is left where it is.
        theta.ravel()[free] -= np.linalg.lstsq(hessian[np.ix_(free, free)], slope[free], rcond=1e-12)[0]
    slope = ridge * theta + x.T @ residuals(theta)
    assert np.abs(slope + l1 * np.sign(theta)).ravel()[free].max() < 1e-10
    assert (np.abs(slope) <= l1 + 1e-10).ravel()[np.setdiff1d(np.arange(theta.size), free)].all()
    # saga itself was there, if less exactly.
    off = np.abs(model.coef_.T - theta[:-1]).max()
    assert off < 1e-4, (target, c, l1_ratio, off)
    print(f"saga is off by {off:.0e} after {model.n_iter_.max()} passes")
    w = theta[:-1]
    losses = logsumexp(x @ theta, axis=1) - (x @ theta)[truth == 1]
    return {
        "name": f"multinomial {target}, C {c}, l1_ratio {l1_ratio}"
        f"{', weighted' * weighted}{', balanced' * balance}{', no intercept' * (not fit_intercept)}",
        "algorithm": "multinomial",
        "target": target,
        "C": c,
        "l1_ratio": l1_ratio,
        "weighted": weighted,
        "balanced": balance,
        "fit_intercept": fit_intercept,
        "coef": w.T.tolist(),
        "intercept": theta[-1].tolist(),
        "objective": float(l1_ratio * np.abs(w).sum() + (1 - l1_ratio) / 2 * (w**2).sum() + costs @ losses),
    }


def case(algorithm, target, c=1.0, l1_ratio=0.0, weighted=False, balance=False):
    y, weights = TARGETS[target], WEIGHTS if weighted else np.ones(len(ROWS))
    solve = logistic if algorithm == "logistic_regression" else svm
    coef, intercept, objective = [], [], 0.0
    for k in [1] if y.max() == 1 else range(y.max() + 1):
        w, b, value = solve(y == k, balanced(y == k, weights) if balance else weights, c, l1_ratio)
        coef.append(w.tolist())
        intercept.append(float(b))
        objective += float(value)
    return {
        "name": f"{algorithm} {target}, C {c}, l1_ratio {l1_ratio}{', weighted' * weighted}{', balanced' * balance}",
        "algorithm": algorithm,
        "target": target,
        "C": c,
        "l1_ratio": l1_ratio,
        "weighted": weighted,
        "balanced": balance,
        "fit_intercept": True,
        "coef": coef,
        "intercept": intercept,
        "objective": objective,
    }


def without_intercept(target, c):
    """LinearSVC itself: without an intercept there is none to penalise."""
    model = LinearSVC(C=c, loss="squared_hinge", dual=False, fit_intercept=False, tol=1e-12, max_iter=100_000)
    model.fit(ROWS, TARGETS[target])
    y = np.array([TARGETS[target] == k for k in ([1] if TARGETS[target].max() == 1 else range(3))])
    missing = np.maximum(0, 1 - np.where(y, 1, -1) * (ROWS @ model.coef_.T).T)
    return {
        "name": f"linear_svm {target}, C {c}, no intercept",
        "algorithm": "linear_svm",
        "target": target,
        "C": c,
        "l1_ratio": 0.0,
        "weighted": False,
        "balanced": False,
        "fit_intercept": False,
        "coef": model.coef_.tolist(),
        "intercept": [0.0] * len(model.coef_),
        "objective": float((model.coef_**2).sum() / 2 + c * (missing**2).sum()),
    }


CASES = [
    found
    for target in TARGETS
    for found in [
        case("logistic_regression", target),
        case("logistic_regression", target, c=100.0, weighted=True, balance=True),
        case("logistic_regression", target, c=0.1, balance=True),
        case("logistic_regression", target, l1_ratio=1.0),
        case("logistic_regression", target, c=0.1, l1_ratio=1.0, weighted=True),
        case("logistic_regression", target, c=10.0, l1_ratio=0.5, balance=True),
        case("logistic_regression", target, l1_ratio=0.25, weighted=True),
        case("linear_svm", target),
        case("linear_svm", target, c=0.01, weighted=True),
        case("linear_svm", target, c=10.0, balance=True),
        without_intercept(target, 1.0),
        without_intercept(target, 0.1),
    ]
]
CASES += [
    multinomial("three", 1.0, 1.0),
    multinomial("three", 0.1, 1.0, weighted=True),
    multinomial("three", 10.0, 0.5, balance=True),
    multinomial("three", 1.0, 0.25, weighted=True),
    multinomial("three", 100.0, 0.9, weighted=True, balance=True),
    multinomial("three", 1.0, 1.0, fit_intercept=False),
]

text = "[\n" + ",\n".join(json.dumps(case) for case in CASES) + "\n]\n"
(HERE / "solvers.json").write_text(text, encoding="utf-8")
