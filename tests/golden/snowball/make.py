"""Words and their stems by Snowball, today's and that of which rust-stemmers was made; see README.md."""

import json
import subprocess
import sys

# Languages of which rust-stemmers has a still older algorithm, without ë and ё.
OLDEST = ["french", "russian"]

STEMS = """
import json, sys
import snowballstemmer
words = json.load(sys.stdin)
# Not `snowballstemmer.stemmer()`, which takes another implementation where one is installed.
stemmer = lambda language: snowballstemmer._languages[language]()
known = [language for language in words if language in snowballstemmer._languages]
stems = {language: [stemmer(language).stemWord(word) for word in words[language]] for language in known}
json.dump(stems, sys.stdout)
"""


def stems(words, folder):
    """By the package in `folder`: one process cannot load two versions of it."""
    run = [sys.executable, "-c", STEMS]
    env = {"PYTHONPATH": folder}
    done = subprocess.run(run, input=json.dumps(words), capture_output=True, check=True, text=True, env=env)
    return json.loads(done.stdout)


def main(today, older, oldest):
    words = {}
    with open("words.txt") as file:
        for line in file:
            if not line.startswith("#"):
                language, *found = line.split()
                words.setdefault(language, []).extend(found)
    newer = stems(words, today)
    ours = stems(words, older) | stems({language: words[language] for language in OLDEST}, oldest)
    with open("stems.tsv", "w") as file:
        for language in words:
            rows = sorted(set(zip(words[language], newer[language], ours[language])))
            differ = 0
            for word, new, old in rows:
                row = [language, word, new]
                if new != old:
                    row += ["DIFFERENCE", old]
                    differ += 1
                file.write("\t".join(row) + "\n")
            print(language, len(rows), "words,", differ, "differ", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
