"""Words and their lemmas by NLTK over WordNet's files; see README.md."""

import json
import os
import random
import shutil
import sys
import tempfile
import warnings

import nltk.corpus
import nltk.data
from nltk.corpus.reader.wordnet import WordNetCorpusReader
from nltk.stem import WordNetLemmatizer

FOLDER = os.environ.get("WORDNET", "/usr/share/wordnet")
PARTS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
IRREGULAR = {
    "noun": "mice geese us as was catss catses women axes bases leaves wolves heroes data news glasses s es men",
    "verb": "was were am is been has did gone flew lies dying singing sing saw seen left felt ed ing s es",
    "adj": "worse worst best better further bigger funniest lower er est her finer later nicest",
    "adv": "best better worse worst further farther deeper quickly well most harder",
}


class Reader(WordNetCorpusReader):
    """Without the map between synsets of different WordNets, which wants files that Debian does not ship."""

    def map_wn(self, version="wordnet"):
        return None


def wordnet(folder):
    """NLTK's reader asks for one more file than Debian ships; what is in it does not matter to lemmas.

    It reads from folders that it was told of only, and follows no link out of them.
    """
    for name in os.listdir(FOLDER):
        if name.startswith(("index.", "data.")) or name.endswith(".exc"):
            shutil.copy(os.path.join(FOLDER, name), folder)
    open(os.path.join(folder, "lexnames"), "w").close()
    nltk.data.path.append(folder)
    with warnings.catch_warnings(action="ignore"):  # One language is enough.
        return Reader(folder, None)


def inflected(word, rules):
    return [word.removesuffix(new) + old for old, new in rules if word.endswith(new)]


def forms(reader, part, rng):
    pos = PARTS[part]
    rules = reader.MORPHOLOGICAL_SUBSTITUTIONS[pos]
    index = sorted(reader.all_lemma_names(pos=pos))
    irregular = sorted(reader._exception_map[pos])
    found = set(IRREGULAR[part].split())
    found.update(rng.sample(irregular, min(70, len(irregular))))
    # Short words are the ones of which rules make each other.
    short = [word for word in index if len(word) <= 4]
    for word in rng.sample(index, 40) + rng.sample(short, 20):
        found.add(word)
        for form in inflected(word, rules):
            found.add(form)
            if rng.random() < 0.3:
                found.update(inflected(form, rules))
    for word in rng.sample(index, 30):
        end = rng.choice(["s", "es", "ed", "ing", "er", "est", "men", "ies", "ss", "x"])
        found.add(word[: rng.randint(1, len(word))] + end)
    return sorted(found)


def main():
    with tempfile.TemporaryDirectory() as folder:
        reader = wordnet(folder)
    nltk.corpus.wordnet = reader
    lemmatizer = WordNetLemmatizer()
    rng = random.Random(20)
    golden = {
        part: {form: lemmatizer.lemmatize(form, PARTS[part]) for form in forms(reader, part, rng)}
        for part in PARTS
    }
    with open("wordnet.json", "w") as file:
        json.dump(golden, file, indent=0)
        file.write("\n")
    for part, lemmas in golden.items():
        changed = sum(form != lemma for form, lemma in lemmas.items())
        print(part, len(lemmas), "forms,", changed, "with another lemma", file=sys.stderr)


if __name__ == "__main__":
    main()
