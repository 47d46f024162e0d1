"""Writes the golden files beside it: what scikit-learn makes of the example tweets and of awkward texts. See README.md."""

import warnings

import numpy as np
from scipy.special import logsumexp
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import features
from shared import ASSIGNED, LABELS, TWEETS, distinct, frequencies, largest_cut, ranges, sparse, write

AWKWARD = [
    "",
    "   ",
    "\u00a0\u3000\u2009\t",
    "?!... --- ... :-) ///",
    "a b c I x é Σ",
    "DİYARBAKIR uçuşu İPTAL, Iğdır ıslak DIŞ İİ",
    "STRASSE Straße STRAẞE große ẞẞ",
    "ΟΔΟΣ ΣΟΦΙΑ ΑΣ. ΑΣ'Σ ΣΑΣ-ΑΣ ὈΔΥΣΣΕΎΣ ΑΣ\u0301 ΑΣ\u00ad ΑΣ\u00adΑ Α\u0301Σ 1Σ ΑΣ1",
    "cafe\u0301 café CAFE\u0301 nai\u0308ve naïve e\u0301e\u0301 \u0301word",
    "ⓐⓑ xⓐx Ⅷ ⅷ ⅧI ½ ¼cup x² H₂O ①② ㊿㊿",
    "航班延误了 東京 空港の遅延 ひこうき 한국어 항공 漢",
    "👩‍✈️👍🏽 love❤️it 🇫🇷 bad👎bad 5️⃣ ok👍",
    "snake_case __init__ _a_ a_ _ __ 3.14 1,000 42 7",
    "हिन्दी विमान देरी ไทยแลนด์ עִבְרִית عربي",
    "ﬁne ﬀ ǅep ǄEP ǆep ªº ʰʷ ŉŉ",
    "\u212bngström Ångström \u212aelvin kelvin ŒUVRE œuvre",
    "don't DON'T don’t rock'n'roll e-mail",
    "\u200bzero\u200bwidth\ufeff joined\u2060word soft\u00adhyphen non\u200cjoined",
    "𝐛𝐨𝐥𝐝 𝒕𝒆𝒙𝒕 𝟙𝟚 𐐀𐐁 ᎠᎡ ᲐᲑ ٣٤٥ ௧௨",
    "tabs\tand\nlines\r\nand\x0bmore\x1cof\u2028them",
    "ha" * 500,
    "delayed " * 300,
    "Delayed DELAYED delayed, deLayed",
]
AWKWARD_UNSEEN = [
    "",
    " \n",
    "!!!",
    "İİ ẞẞ ΣΣ ΑΣ.",
    "Ⅷ ⅷ ½ ①② CAFE\u0301 CAFÉ",
    "東京 航班延误了 𝐛𝐨𝐥𝐝",
    "ha" * 500,
    "ha" * 501,
    "delayed " * 50 + "zzzunseen",
    "zzzunseen qqqunseen",
]
N_FIT, N_UNSEEN = 277, 30
FIT = AWKWARD + list(TWEETS[:N_FIT])
UNSEEN = AWKWARD_UNSEEN + list(TWEETS[N_FIT : N_FIT + N_UNSEEN])
# Of the texts fitted on, only these rows are stored.
STORED = list(range(len(AWKWARD))) + list(range(len(AWKWARD), len(FIT), 20))

# --- characters

ANALYZE = CountVectorizer().build_analyzer()
CHARACTERS = {
    "words": ranges(i for i in ASSIGNED if ANALYZE(f"a{chr(i)}") == [f"a{chr(i)}".lower()]),
    "others": ranges(i for i in ASSIGNED if not ANALYZE(f"a{chr(i)}")),
    # What two of each letter become that lower-casing changes.
    "lower": {chr(i): ANALYZE(chr(i) * 2) for i in ASSIGNED if chr(i).lower() != chr(i)},
}

# --- vectorizers


def vectorizer_case(name, kind=TfidfVectorizer, **options):
    if "max_features" in options:
        options["max_features"] = largest_cut(frequencies(FIT, **options), options["max_features"])
    vectorizer = kind(**options)
    rows = vectorizer.fit_transform(FIT)
    case = {
        "name": name,
        "kind": kind.__name__,
        "options": options,
        "vocabulary": vectorizer.get_feature_names_out().tolist(),
    }
    if options.get("use_idf", kind is TfidfVectorizer):
        case["idf"] = distinct(vectorizer.idf_)
    return case | {"rows": sparse(rows[STORED]), "unseen": sparse(vectorizer.transform(UNSEEN))}


# A fraction of the texts that is a little more than the whole number it is on paper, and there are terms just there.
EDGE = 0.07
assert EDGE * len(FIT) == 21.000000000000004
assert 21 in np.bincount(CountVectorizer(binary=True).fit_transform(FIT).indices)

STOP_WORDS = ["the", "to", "is", "my", "was", "delayed", "i", "no_such_word"]

VECTORIZERS = [
    vectorizer_case("defaults"),
    vectorizer_case("max_features", max_features=300),
    vectorizer_case("small max_features", max_features=20),
    vectorizer_case("min_df 2", min_df=2),
    vectorizer_case("min_df 5", min_df=5),
    vectorizer_case("min_df 0.02", min_df=0.02),
    vectorizer_case("min_df at the edge", min_df=EDGE),
    vectorizer_case("max_df 30", max_df=30),
    vectorizer_case("max_df 1", max_df=1),
    vectorizer_case("max_df 0.1", max_df=0.1),
    vectorizer_case("max_df at the edge", max_df=EDGE),
    vectorizer_case("ngrams 1 to 2", ngram_range=(1, 2)),
    vectorizer_case("ngrams 2 to 2", ngram_range=(2, 2)),
    vectorizer_case("ngrams 1 to 3", ngram_range=(1, 3)),
    vectorizer_case("sublinear_tf", sublinear_tf=True),
    vectorizer_case("no smooth_idf", smooth_idf=False),
    vectorizer_case("norm l1", norm="l1"),
    vectorizer_case("no norm", norm=None),
    vectorizer_case("binary", binary=True),
    vectorizer_case("no use_idf", use_idf=False),
    vectorizer_case("no lowercase", lowercase=False),
    vectorizer_case("stop words", stop_words=STOP_WORDS),
    vectorizer_case("counts", CountVectorizer),
    vectorizer_case("binary counts", CountVectorizer, binary=True),
    # Pairs and more.
    vectorizer_case("counts of n-grams, max_features", CountVectorizer, ngram_range=(1, 2), max_features=400),
    vectorizer_case("n-grams, min_df, sublinear_tf", ngram_range=(1, 2), min_df=2, sublinear_tf=True),
    vectorizer_case("n-grams, max_features", ngram_range=(1, 2), max_features=400),
    vectorizer_case("n-grams, stop words, min_df", ngram_range=(1, 2), stop_words=STOP_WORDS, min_df=2),
    vectorizer_case("n-grams, no lowercase, min_df", ngram_range=(1, 2), lowercase=False, min_df=2),
    vectorizer_case("n-grams 2 to 3, binary, norm l1, min_df", ngram_range=(2, 3), binary=True, norm="l1", min_df=2),
    vectorizer_case("binary, max_features", binary=True, max_features=300),
    vectorizer_case("min_df, max_df, max_features", min_df=2, max_df=0.2, max_features=300),
    vectorizer_case("no use_idf, sublinear_tf", use_idf=False, sublinear_tf=True, min_df=2),
    vectorizer_case("no smooth_idf, sublinear_tf, no norm", smooth_idf=False, sublinear_tf=True, norm=None, min_df=2),
]

# --- classifiers

TRAIN, LABELS = list(TWEETS[:N_FIT]), list(LABELS[:N_FIT])
TARGETS = {
    "binary": ["positive" if label == "positive" else "other" for label in LABELS],
    "three classes": LABELS,
}
# Every 7th row counts nothing, the others 0.25 to 1.5.
SAMPLE_WEIGHT = [(i % 7) / 4 for i in range(N_FIT)]


def row_costs(model, labels, sample_weight):
    """What each row's loss counts: C times the weights of the row and of its class, by the formulas of the manual."""
    labels = np.asarray(labels)
    costs = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    mass = {c: costs[labels == c].sum() for c in model.classes_}
    weights = model.class_weight or {}
    if weights == "balanced":
        weights = {c: sum(mass.values()) / (len(mass) * mass[c]) for c in mass}
    return model.C * costs * [weights.get(label, 1.0) for label in labels]


def objective(model, rows, labels, costs):
    """½‖w‖² + Σ costs · losses, and the largest component of its gradient divided by the sum of costs."""
    decisions = model.decision_function(rows)
    if decisions.ndim == 1:
        decisions = np.column_stack([np.zeros(len(labels)), decisions])
    truth = np.asarray(labels)[:, None] == model.classes_
    losses = logsumexp(decisions, axis=1) - decisions[truth]
    residuals = costs[:, None] * (np.exp(decisions - logsumexp(decisions, axis=1, keepdims=True)) - truth)
    residuals = residuals[:, -len(model.coef_) :]
    gradients = [np.abs(model.coef_ + residuals.T @ rows).max()]
    if model.fit_intercept:
        gradients.append(np.abs(residuals.sum(axis=0)).max())
    return (model.coef_**2).sum() / 2 + costs @ losses, max(gradients) / costs.sum()


def optimum(rows, labels, sample_weight=None, **options):
    """The model at its optimum; that it is there is checked by our own gradient too."""
    model = LogisticRegression(solver="newton-cg", tol=1e-10, max_iter=10_000, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(rows, labels, sample_weight=sample_weight)
    value, gradient = objective(model, rows, labels, row_costs(model, labels, sample_weight))
    assert model.n_iter_.max() < model.max_iter and gradient < 1e-10, (options, model.n_iter_, gradient)
    return model, value


def classifier_case(name, target, kind=TfidfVectorizer, sample_weight=None, **options):
    vectorizer = kind(max_features=largest_cut(frequencies(TRAIN), 300))
    rows, unseen = vectorizer.fit_transform(TRAIN), vectorizer.transform(UNSEEN)
    labels = TARGETS[target]
    model, value = optimum(rows, labels, sample_weight, **options)
    # scikit-learn's own defaults (lbfgs, tol 1e-4) stop this far from the optimum.
    usual = LogisticRegression(max_iter=10_000, **options).fit(rows, labels, sample_weight=sample_weight)
    return {
        "name": f"{target}, {name}",
        "kind": kind.__name__,
        "max_features": vectorizer.max_features,
        "target": target,
        "sample_weight": sample_weight,
        "options": options,
        "classes": model.classes_.tolist(),
        "coef": model.coef_.tolist(),
        "intercept": model.intercept_.tolist(),
        "objective": value,
        "decision_function": model.decision_function(unseen).reshape(len(UNSEEN), -1).tolist(),
        "predict_proba": model.predict_proba(unseen).tolist(),
        "predict": model.predict(unseen).tolist(),
        "default_is_off_by": {
            "coef": np.abs(usual.coef_ - model.coef_).max(),
            "predict_proba": np.abs(usual.predict_proba(unseen) - model.predict_proba(unseen)).max(),
        },
    }


CLASSIFIERS = [
    case
    for target, given in [
        ("binary", {"other": 0.5, "positive": 3.0}),
        ("three classes", {"neutral": 2.5, "positive": 0.75}),
    ]
    for case in [
        classifier_case("C 1", target, C=1.0),
        classifier_case("C 0.1", target, C=0.1),
        classifier_case("C 10", target, C=10.0),
        classifier_case("no intercept", target, C=1.0, fit_intercept=False),
        classifier_case("balanced", target, C=1.0, class_weight="balanced"),
        classifier_case("class weights", target, C=1.0, class_weight=given),
        classifier_case("sample weights", target, C=1.0, sample_weight=SAMPLE_WEIGHT),
        classifier_case(
            "balanced, sample weights", target, C=10.0, class_weight="balanced", sample_weight=SAMPLE_WEIGHT
        ),
        # Whole numbers are the same in single and double precision: what is left is the solver's.
        classifier_case("counts", target, CountVectorizer, C=1.0),
    ]
]

# --- end to end


def pipeline_case(target, **options):
    cut = largest_cut(frequencies(TRAIN, ngram_range=options.get("ngram_range", (1, 1))), 700)
    pipeline = make_pipeline(
        TfidfVectorizer(max_features=cut, **options),
        LogisticRegression(solver="newton-cg", tol=1e-10, max_iter=10_000),
    ).fit(TRAIN, TARGETS[target])
    return {
        "name": ", ".join([target, *options]),
        "options": {"max_features": cut} | options,
        "target": target,
        "classes": pipeline.classes_.tolist(),
        "predict_proba": pipeline.predict_proba(UNSEEN).tolist(),
        "predict": pipeline.predict(UNSEEN).tolist(),
    }


PIPELINES = [
    pipeline_case(target, **options)
    for target in TARGETS
    for options in ({}, {"ngram_range": (1, 2), "sublinear_tf": True})
]

write("texts", [{"awkward": AWKWARD, "tweets": N_FIT, "stored": STORED, "unseen": UNSEEN, "targets": TARGETS}])
write("characters", [CHARACTERS])
write("vectorizer", VECTORIZERS)
write("classifier", CLASSIFIERS)
write("pipeline", PIPELINES)
features.write_all()
