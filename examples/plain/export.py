"""Writes a fitted TfidfVectorizer (or CountVectorizer) and LogisticRegression as the JSON of a ressenti PlainModel."""
import json


def export(vectorizer, classifier, path):
    get = lambda name, otherwise=None: getattr(vectorizer, name, otherwise)
    names = ["analyzer", "token_pattern", "lowercase", "strip_accents", "ngram_range", "binary"]
    model = {"format": 1} | {name: get(name) for name in names}
    model |= {"stop_words": sorted(vectorizer.get_stop_words() or []), "sublinear_tf": get("sublinear_tf", False)}
    model |= {"norm": get("norm"), "vocabulary": vectorizer.get_feature_names_out().tolist()}
    model |= {"idf": vectorizer.idf_.tolist() if get("use_idf") else None, "link": "softmax"}
    model |= {"classes": [str(label) for label in classifier.classes_.tolist()]}
    model |= {"coef": classifier.coef_.tolist(), "intercept": classifier.intercept_.tolist()}
    json.dump(model, open(path, "w"))
