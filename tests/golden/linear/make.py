"""Writes the golden files beside it: naive Bayes, NB-weighted regressions and calibrations of scikit-learn. See README.md."""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from scipy.optimize import minimize
from sklearn.calibration import _SigmoidCalibration, _TemperatureScaling
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB

assert sklearn.__version__ == "1.9.1", sklearn.__version__

HERE = Path(__file__).parent
RANDOM = np.random.default_rng(20_26)


def write(name, cases):
    """One case a line; floats in the shortest form that reads back as the same number."""
    text = "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")


# --- rows: quarters, which single precision holds exactly; half of them 0, one row and one column empty.

N, UNSEEN, COLUMNS = 60, 12, 9
DENSE = RANDOM.integers(1, 13, (N + UNSEEN, COLUMNS)) / 4 * (RANDOM.random((N + UNSEEN, COLUMNS)) < 0.5)
LABELS = RANDOM.integers(0, 3, N)
# Rows of a class have more of its columns.
for i, label in enumerate(LABELS):
    DENSE[i, label :: 3] += RANDOM.integers(0, 4, len(DENSE[i, label::3])) / 2
DENSE[5] = 0
DENSE[:, 4] = 0
ROWS, NEW = DENSE[:N], DENSE[N:]
TARGETS = {"two": np.minimum(LABELS, 1), "three": LABELS}
# Every 5th row counts nothing, the others 0.25 to 1.
WEIGHTS = [(i % 5) / 4 for i in range(N)]
DATA = {"rows": ROWS.tolist(), "new": NEW.tolist(), "targets": {k: v.tolist() for k, v in TARGETS.items()}, "weights": WEIGHTS}


def bayes_case(kind, target, weighted=False, **options):
    model = kind(**options).fit(ROWS, TARGETS[target], sample_weight=WEIGHTS if weighted else None)
    coef, intercept = model.feature_log_prob_, getattr(model, "class_log_prior_", None)
    if kind is ComplementNB:
        intercept = np.zeros(len(coef))
    if kind is BernoulliNB:
        absent = np.log1p(-np.exp(coef))
        coef, intercept = coef - absent, intercept + absent.sum(axis=1)
    return {
        "name": f"{kind.__name__} {target}{' weighted' * weighted} {options}",
        "kind": kind.__name__,
        "target": target,
        "weighted": weighted,
        "options": options,
        "coef": coef.tolist(),
        "intercept": intercept.tolist(),
        "joint": model.predict_joint_log_proba(NEW).tolist(),
        "predict_proba": model.predict_proba(NEW).tolist(),
        "predict": model.predict(NEW).tolist(),
    }


BAYES = [
    bayes_case(kind, target, weighted, **options)
    for kind in (MultinomialNB, ComplementNB, BernoulliNB)
    for target in TARGETS
    for weighted in (False, True)
    for options in [
        {},
        {"alpha": 0.01},
        {"alpha": 7.5},
        *([{"norm": True}, {"norm": True, "alpha": 0.5}] if kind is ComplementNB else []),
        *([{"fit_prior": False}] if kind is not ComplementNB else []),
        *([{"class_prior": [0.2, 0.8] if target == "two" else [0.5, 0.2, 0.3]}] if kind is not ComplementNB else []),
    ]
]

# --- regressions on weighted columns


def ratios(truth, weights, alpha, blocks):
    """r of a class against the others, from binary counts of the rows by their weights; shares are those of a block."""
    present = (ROWS > 0).astype(float)
    p = alpha + (present * (weights * truth)[:, None]).sum(axis=0)
    q = alpha + (present * (weights * ~truth)[:, None]).sum(axis=0)
    r = np.empty(COLUMNS)
    for block in blocks:
        r[block] = np.log((p[block] / p[block].sum()) / (q[block] / q[block].sum()))
    return r


def regression(rows, truth, weights, **options):
    model = LogisticRegression(solver="newton-cg", tol=1e-11, max_iter=10_000, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return model.fit(rows, truth, sample_weight=weights)


def soft_case(target, base, alpha=1.0, weighted=False, blocks=None, **options):
    y, weights = TARGETS[target], np.array(WEIGHTS if weighted else [1.0] * N)
    slices = [slice(a, b) for a, b in blocks or [[0, COLUMNS]]]
    scale = base + np.max([np.abs(ratios(y == k, weights, alpha, slices)) for k in range(y.max() + 1)], axis=0)
    model = regression(ROWS * scale, y, weights, **options)
    return {
        "name": f"soft {target}, base {base}, alpha {alpha}{', weighted' * weighted}, blocks {blocks}, {options}",
        "form": "soft",
        "strength": base,
        "alpha": alpha,
        "target": target,
        "weighted": weighted,
        "blocks": blocks,
        "C": options.get("C", 1.0),
        "coef": (model.coef_ * scale).tolist(),
        "intercept": model.intercept_.tolist(),
    }


def log_count_case(target, beta, alpha=1.0, weighted=False, **options):
    y, weights = TARGETS[target], np.array(WEIGHTS if weighted else [1.0] * N)
    coef, intercept = [], []
    for k in [1] if y.max() == 1 else range(y.max() + 1):
        r = ratios(y == k, weights, alpha, [slice(0, COLUMNS)])
        model = regression((ROWS > 0) * r, y == k, weights, **options)
        w = model.coef_[0]
        coef.append(((1 - beta) * np.abs(w).mean() + beta * w) * r)
        intercept.append(model.intercept_[0])
    return {
        "name": f"log counts {target}, beta {beta}, alpha {alpha}{', weighted' * weighted}, {options}",
        "form": "log counts",
        "strength": beta,
        "alpha": alpha,
        "target": target,
        "weighted": weighted,
        "blocks": None,
        "C": options.get("C", 1.0),
        "coef": np.array(coef).tolist(),
        "intercept": intercept,
    }


NB_WEIGHTED = [
    case
    for target in TARGETS
    for case in [
        soft_case(target, 1.0),
        soft_case(target, 0.0, C=10.0),
        soft_case(target, 0.5, alpha=0.1, weighted=True),
        soft_case(target, 1.0, blocks=[[0, 4], [4, COLUMNS]]),
        log_count_case(target, 1.0),
        log_count_case(target, 0.25),
        log_count_case(target, 0.5, alpha=0.1, weighted=True, C=10.0),
    ]
]

# --- calibration: decisions that are too sure of themselves, in quarters so that some tie


def platt_optimum(z, y, weights):
    """Platt's a and b at the optimum of his objective, to more digits than scikit-learn's solver gives."""
    n1, n0 = weights[y > 0].sum(), weights[y <= 0].sum()
    t = np.where(y > 0, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))

    def value(ab):
        f = ab[0] * z + ab[1]
        p = 1 / (1 + np.exp(-f))
        d = weights * (p - t)
        h = weights * p * (1 - p)
        return np.array([d @ z, d.sum()]), np.array([[h @ z**2, h @ z], [h @ z, h.sum()]])

    ab = np.array([0.0, np.log((n1 + 1) / (n0 + 1))])
    for _ in range(100):
        gradient, hessian = value(ab)
        ab = ab - np.linalg.solve(hessian, gradient)
    assert np.abs(value(ab)[0]).max() < 1e-9
    return ab


def calibration_case(name, decisions, truth, weights=None):
    given = weights
    weights = np.ones(len(truth)) if weights is None else np.array(weights)
    columns = [(decisions[:, 0], truth)] if decisions.shape[1] == 1 else [
        (decisions[:, k], (truth == k).astype(int)) for k in range(decisions.shape[1])
    ]
    grid = np.linspace(decisions.min() - 1, decisions.max() + 1, 40)
    platt, isotonic = [], []
    for z, y in columns:
        a, b = platt_optimum(z, y, weights)
        theirs = _SigmoidCalibration().fit(z, y, sample_weight=weights)
        assert np.abs(theirs.predict(grid) - 1 / (1 + np.exp(-(a * grid + b)))).max() < 1e-5
        platt.append([a, b])
        steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(z, y, sample_weight=weights)
        isotonic.append(steps.predict(grid).tolist())
    temperature = _TemperatureScaling().fit(decisions, truth, sample_weight=weights).beta_
    if decisions.shape[1] == 1:
        temperature *= 2  # Of two classes scikit-learn takes -z and z for the two values.
    return {
        "name": name,
        "decisions": decisions.tolist(),
        "truth": truth.tolist(),
        "weights": given,
        "grid": grid.tolist(),
        "platt": platt,
        "isotonic": isotonic,
        "beta": float(temperature),
    }


z2 = np.round(RANDOM.normal(0, 2, (150, 1)) * 4) / 4
y2 = (RANDOM.random(150) < 1 / (1 + np.exp(-(0.5 * z2[:, 0] - 0.7)))).astype(int)
z3 = np.round(RANDOM.normal(0, 3, (120, 3)) * 4) / 4
p3 = np.exp(z3 * 0.4)
y3 = np.array([RANDOM.choice(3, p=p / p.sum()) for p in p3])
CALIBRATION = [
    calibration_case("two classes", z2, y2),
    calibration_case("two classes, weighted", z2, y2, [(i % 5 + 1) / 4 for i in range(150)]),
    calibration_case("two classes, large values", z2 * 1000, y2),
    calibration_case("three classes", z3, y3),
    calibration_case("three classes, weighted", z3, y3, [(i % 4 + 1) / 4 for i in range(120)]),
]

# --- modified Huber: what scikit-learn makes of decision values, and the optimum of the objective


def huber_probabilities(decisions):
    """Of a classifier whose decision values are the rows themselves, or their one column."""
    model = SGDClassifier(loss="modified_huber")
    outputs = decisions.shape[1]
    model.classes_ = np.arange(max(2, outputs))
    model.coef_, model.intercept_ = np.eye(outputs), np.zeros(outputs)
    assert (model.decision_function(decisions).reshape(decisions.shape) == decisions).all()
    return {"decisions": decisions.tolist(), "predict_proba": model.predict_proba(decisions).tolist()}


def huber_optimum(target, C, weighted=False):
    """The least objective, with an intercept; of several classes the sum of each against the rest."""
    y, weights, total = TARGETS[target], np.array(WEIGHTS if weighted else [1.0] * N), 0.0
    for k in [1] if y.max() == 1 else range(y.max() + 1):
        sign = np.where(y == k, 1.0, -1.0)

        def value(theta):
            w, margin = theta[:-1], sign * (ROWS @ theta[:-1] + theta[-1])
            missing = np.maximum(0, 1 - margin)
            loss = np.where(margin < -1, -4 * margin, missing**2)
            slope = C * weights * sign * np.where(margin < -1, -4.0, -2 * missing)
            return w @ w / 2 + C * weights @ loss, np.append(w + slope @ ROWS, slope.sum())

        found = minimize(value, np.zeros(COLUMNS + 1), jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 10_000})
        assert np.abs(found.jac).max() < 1e-4, found
        total += found.fun
    return {"name": f"modified Huber {target}, C {C}{', weighted' * weighted}", "target": target, "weighted": weighted, "blocks": None, "C": C, "objective": total}


ONE = np.array([[-3.0], [-1.0], [-0.5], [0.0], [0.25], [1.0], [7.0]])
MANY = np.array([[-2.0, -1.0, -3.0], [0.5, 0.5, -1.0], [3.0, -0.5, 0.25], [1.0, 1.0, 1.0], [-0.75, -2.0, -0.25], [0.0, 0.0, 0.0]])
HUBER = [huber_probabilities(decisions) for decisions in (ONE, MANY)]
HUBER_OPTIMA = [huber_optimum(t, C, weighted) for t in TARGETS for C in (0.01, 0.1, 1.0) for weighted in (False, True)]

write("data", [DATA])
write("huber", HUBER)
write("huber_optima", HUBER_OPTIMA)
write("bayes", BAYES)
write("nb_weighted", NB_WEIGHTED)
write("calibration", CALIBRATION)
