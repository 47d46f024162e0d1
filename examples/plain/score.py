"""Scores texts (a JSON list, standard input) by the plain JSON of a ressenti model: the probabilities of each class."""
import json, math, re, sys

model = json.load(open(sys.argv[1]))
columns = {term: column for column, term in enumerate(model["vocabulary"])}
first, last = model["ngram_range"]
for text in json.load(sys.stdin):
    words = [w for w in re.findall(model["token_pattern"], text.lower()) if w not in model["stop_words"]]
    terms = [" ".join(words[i : i + n]) for n in range(first, last + 1) for i in range(len(words) - n + 1)]
    row = {}
    for term in filter(columns.__contains__, terms):
        row[columns[term]] = row.get(columns[term], 0) + 1
    for column, count in row.items():
        tf = 1 if model["binary"] else 1 + math.log(count) if model["sublinear_tf"] else count
        row[column] = tf * (model["idf"][column] if model["idf"] else 1)
    length = {"l1": sum(row.values()), "l2": math.sqrt(sum(x * x for x in row.values()))}.get(model["norm"]) or 1
    scores = [sum(w[c] * x / length for c, x in row.items()) + b for w, b in zip(model["coef"], model["intercept"])]
    powers = [math.exp(z - max(scores + [0])) for z in ([0] + scores if len(scores) == 1 else scores)]
    print(json.dumps([power / sum(powers) for power in powers]))
