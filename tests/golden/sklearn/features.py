"""Golden files of characters, accents, given vocabularies, hashing, unions, and of all pairs of options.

make.py calls `write_all`. See README.md.
"""

import unicodedata
import warnings

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.utils import murmurhash3_32

from pairs import all_pairs
from shared import ASSIGNED, TWEETS, distinct, frequencies, largest_cut, ranges, sparse, write

warnings.simplefilter("error")
# Stop words that no token equals, and capitals in a vocabulary, are there on purpose.
warnings.filterwarnings("ignore", message="Your stop_words may be|Upper case characters found")

# 8 letters that hash to the least number, of which there is no absolute value, to 0, and to the greatest.
LEAST, ZERO, GREATEST = "akqlrggi", "ajrfjpbr", "acqerwwr"
assert [murmurhash3_32(word, 0) for word in (LEAST, ZERO, GREATEST)] == [-(2**31), 0, 2**31 - 1]

AWKWARD = [
    # White space: single, in runs, mixed, at the ends, and what looks like it.
    "",
    "   ",
    "\t",
    "\x1c",
    " \x1c ",
    "a",
    " ab ",
    "a  b",
    "to be or not",
    "I a x é 1 . !",
    "tab\tone  two   three\t\tfour \tfive\t six",
    " lead and trail  ",
    "\u00a0nbsp\u00a0\u00a0twice \u00a0mixed\u00a0 ",
    "file\x1csep\x1c\x1dgroup\x1erecord\x1funit\x85next",
    "line\u2028para\u2029 \u2028\u2029both",
    "wide\u3000space\u3000\u3000ogham\u1680mark\u205fmath\u202fnarrow",
    "zero\u200bwidth \u200b \ufeffbom\ufeff \u180emongol",
    "\r\n\r\nlines\r\n\x0b\x0cfeed",
    # Accents, and what else decomposes.
    "café CAFÉ cafe\u0301 naïve Naïve Ångström \u212bng ñandú übergroß",
    "½ ㊿ ℡ ﬁne ﬀ ªº ｆｕｌｌ ＷＩＤＴＨ 𝐛𝐨𝐥𝐝 𝐁𝐎𝐋𝐃 x⁵ ①②",
    "각 한국어 항공 हिन्दी विमान עִבְרִית عَرَبِيّ ไทย",
    "İSTANBUL İİ ıı ΣΊΣΥΦΟΣ Σίσυφος άέ ΆΈ",
    "x´y x¨y a\u0301\u0327b \u0301\u0301 \u0300word q\u0323\u0307q",
    "Việt Nam Łódź smørrebrød Ærø œuvre",
    "ﷺ ㎐ ㏒ № ™ … ‼ Ⅷ ｡",
    "👩‍✈️👍🏽 love❤️it 🇫🇷 ok👍",
    # Many of one, and the edges of the hash.
    "ha" * 60,
    "delayed " * 30,
    f"{LEAST} {ZERO} {GREATEST} {LEAST}",
]
N_TWEETS = 60
FIT = AWKWARD + list(TWEETS[:N_TWEETS])
STORED = list(range(len(AWKWARD))) + list(range(len(AWKWARD), len(FIT), 15))
UNSEEN = [
    "",
    " \u2028 ",
    "A",
    "café CAFÉ na\u0308ive ½ ＷＩＤＴＨ",
    "zzzunseen ЁЛКА\u3000東京",
    "a \x1f\x1f b",
    f"delayed delayed {GREATEST} {ZERO}",
    TWEETS[N_TWEETS],
]
STOP_WORDS = ["the", "to", "is", "my", "cafe", "café", "naïve", "delayed", "NO", "tel", "no_such_word"]

# --- what comes before tokens

CHARS = dict(analyzer="char", lowercase=False)
STRIP = CountVectorizer(strip_accents="unicode", **CHARS).build_analyzer()
RUNS = CountVectorizer(**CHARS).build_analyzer()
# Syllables of Hangul decompose by a rule: some stand for all.
HANGUL = range(0xAC00, 0xD7A4)
DECOMPOSED = [i for i in ASSIGNED if i not in HANGUL[1:] or i % 97 == 0]
PREPROCESSING = {
    "white_space": ranges(i for i in ASSIGNED if RUNS(chr(i) * 2) == [" "]),
    # What stripping makes of each character that it changes, and which it leaves alone.
    "stripped": {c: s for c in map(chr, DECOMPOSED) if (s := "".join(STRIP(f"a{c}a"))[1:-1]) != c},
}
PREPROCESSING["kept"] = ranges(i for i in DECOMPOSED if chr(i) not in PREPROCESSING["stripped"])

# --- vectorizers

KINDS = {kind.__name__: kind for kind in (TfidfVectorizer, CountVectorizer, HashingVectorizer)}
OF_TFIDF = ("use_idf", "smooth_idf", "sublinear_tf", "norm")


def build(kind, options):
    """The vectorizer itself; a hashing one with options of TF-IDF is followed by these."""
    if kind != "HashingVectorizer" or not set(options) & set(OF_TFIDF[:3]):
        return KINDS[kind](**options)
    own = {k: v for k, v in options.items() if k not in OF_TFIDF}
    weighting = {"use_idf": False} | {k: v for k, v in options.items() if k in OF_TFIDF}
    return make_pipeline(HashingVectorizer(norm=None, **own), TfidfTransformer(**weighting))


def rounded(rows):
    """Rows are compared to 1e-6, so ten digits do. Entries that are 0, where signs cancelled, are left out."""
    rows = rows.tocsr().astype(float)
    assert np.isfinite(rows.data).all()
    rows.eliminate_zeros()
    rows.data = np.array([float(f"{value:.10g}") for value in rows.data])
    return sparse(rows)


def learnt(vectorizer, kind, options):
    """What a fitted vectorizer knows, as far as it can be stored."""
    if kind != "HashingVectorizer":
        known = {"vocabulary": vectorizer.get_feature_names_out().tolist()}
    else:
        known = {"n_features": options.get("n_features", 2**20)}
    if options.get("use_idf", kind == "TfidfVectorizer") and known.get("n_features", 0) <= 1024:
        known["idf"] = distinct(vectorizer[-1].idf_ if kind == "HashingVectorizer" else vectorizer.idf_)
    return known


def union_case(name, *blocks):
    """Blocks of a kind, its options and a weight, side by side."""
    parts = []
    for i, (kind, options, weight) in enumerate(blocks):
        if "max_features" in options:
            cut = largest_cut(frequencies(FIT, **options), options["max_features"], least=5)
            options = options | {"max_features": cut}
        parts.append((f"block {i}", kind, options, weight))
    union = FeatureUnion(
        [(part, build(kind, options)) for part, kind, options, _ in parts],
        transformer_weights={part: weight for part, _, _, weight in parts},
    )
    rows, unseen = union.fit_transform(FIT), union.transform(UNSEEN)
    return {
        "name": name,
        "blocks": [
            {"kind": kind, "options": options, "weight": weight} | learnt(union[part], kind, options)
            for part, kind, options, weight in parts
        ],
        "rows": rounded(rows.tocsr()[STORED]),
        "unseen": rounded(unseen),
    }


def case(name, kind="TfidfVectorizer", **options):
    return union_case(name, (kind, options, 1.0))


# What decides which terms there are, and for each option its default and others.
ANALYZERS = {
    "analyzer": ["word", "char", "char_wb"],
    "ngram_range": [(1, 1), (1, 2), (2, 4)],
    "lowercase": [True, False],
    "strip_accents": [None, "unicode"],
    "stop_words": [None, STOP_WORDS],
}


def vocabulary(**options):
    """Every fifth term there is, and all of a text that is not among the others."""
    counter = CountVectorizer(**{k: v for k, v in options.items() if k in ANALYZERS})
    terms = counter.fit(FIT).get_feature_names_out()[::5].tolist()
    return sorted({*terms, *counter.build_analyzer()("qzq жщж xqqz")})


CHAR, CHAR_WB, UNICODE = {"analyzer": "char"}, {"analyzer": "char_wb"}, {"strip_accents": "unicode"}
PAIRS_WB = CHAR_WB | {"ngram_range": (2, 3)}

FEATURES = [
    case("characters", **CHAR),
    case("characters 2 to 5, min_df", **CHAR, ngram_range=(2, 5), min_df=2),
    case("characters 3 to 3", **CHAR, ngram_range=(3, 3)),
    case("characters 4 to 6, max_features", **CHAR, ngram_range=(4, 6), max_features=200),
    case("characters 1 to 2, no lowercase, sublinear", **CHAR, ngram_range=(1, 2), lowercase=False, sublinear_tf=True),
    case("counts of characters 1 to 3", "CountVectorizer", **CHAR, ngram_range=(1, 3), min_df=2),
    case("characters in words", **CHAR_WB),
    case("characters in words 2 to 5", **CHAR_WB, ngram_range=(2, 5)),
    case("characters in words 3 to 3, no lowercase", **CHAR_WB, ngram_range=(3, 3), lowercase=False),
    case("characters in words 4 to 6, min_df", **CHAR_WB, ngram_range=(4, 6), min_df=2),
    case("counts of characters in words 4 to 4", "CountVectorizer", **CHAR_WB, ngram_range=(4, 4)),
    case("counts of characters in words 20 to 24", "CountVectorizer", **CHAR_WB, ngram_range=(20, 24)),
    case("characters in words 2 to 5, max_features", **CHAR_WB, ngram_range=(2, 5), max_features=250, sublinear_tf=True),
    case("accents", **UNICODE),
    case("accents, no lowercase", **UNICODE, lowercase=False),
    case("accents, stop words", **UNICODE, stop_words=STOP_WORDS),
    case("accents, no lowercase, stop words", **UNICODE, lowercase=False, stop_words=STOP_WORDS, ngram_range=(1, 2)),
    case("accents of characters", **UNICODE, **CHAR, ngram_range=(1, 2)),
    case("accents of characters, no lowercase", **UNICODE, **CHAR, lowercase=False),
    case("accents of characters in words", **UNICODE, **CHAR_WB, ngram_range=(2, 3), min_df=2),
    case("given vocabulary", vocabulary=sorted([*vocabulary(), "Upper"])),
    case("given vocabulary, no use_idf", vocabulary=vocabulary(), use_idf=False),
    case("given vocabulary of n-grams", ngram_range=(1, 2), vocabulary=vocabulary(ngram_range=(1, 2))),
    case("given vocabulary of characters in words", **PAIRS_WB, vocabulary=vocabulary(**PAIRS_WB)),
    case("given vocabulary, no smooth_idf", vocabulary=["delayed", "the", "to"], smooth_idf=False),
    case("counts of a given vocabulary", "CountVectorizer", vocabulary=vocabulary()),
    case("nothing of a given vocabulary occurs", vocabulary=["nowhere", "qqqq"]),
]

# --- hashing

HASHING = "HashingVectorizer"
UNSIGNED = {"n_features": 2**10, "alternate_sign": False}
HASHED = [
    case("hashing", HASHING),
    case("hashing to 16", HASHING, n_features=2**4),
    case("hashing to 1000", HASHING, n_features=1000),
    case("hashing to 1024", HASHING, n_features=2**10),
    case("hashing without signs", HASHING, n_features=2**4, alternate_sign=False),
    case("hashing, norm l1", HASHING, n_features=2**4, norm="l1"),
    case("hashing, no norm", HASHING, n_features=2**4, norm=None),
    case("hashing, binary", HASHING, n_features=2**4, binary=True, norm=None),
    case("hashing, binary without signs", HASHING, n_features=2**4, binary=True, alternate_sign=False),
    case("hashing of n-grams", HASHING, n_features=1000, ngram_range=(1, 2)),
    case("hashing of characters in words", HASHING, **CHAR_WB, ngram_range=(4, 6), n_features=2**10, norm=None),
    case("TF-IDF of hashing", HASHING, n_features=1000, use_idf=True),
    case("TF-IDF of hashing to 16, no norm", HASHING, n_features=2**4, use_idf=True, norm=None),
    case("TF-IDF of hashing, no smooth_idf", HASHING, n_features=2**4, use_idf=True, smooth_idf=False),
    case("hashing without signs, sublinear_tf", HASHING, **UNSIGNED, sublinear_tf=True),
    case("TF-IDF of hashing without signs, sublinear_tf", HASHING, **UNSIGNED, use_idf=True, sublinear_tf=True),
]
# Signs cancel here, and documents are counted where they did.
SIXTEEN = HashingVectorizer(n_features=2**4, norm=None).transform(FIT)
assert (SIXTEEN.data == 0).any()

# What is hashed is UTF-8: all lengths of a last block, of characters of one to four bytes.
MURMURHASH = {
    text: murmurhash3_32(text, seed=0)
    for text in [
        *("abcdefghijklmnopqrst"[:n] for n in range(21)),
        *("ДЕНЬГИ приходят"[:n] for n in range(1, 16)),
        *("東京空港の遅延"[:n] for n in range(1, 8)),
        *("👩‍✈️👍🏽🇫🇷"[:n] for n in range(1, 9)),
        *(c * n for c in "\x00\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff" for n in (1, 2, 3)),
        *(LEAST, ZERO, GREATEST, "delayed", "not delayed", " de", "yed ", "a b", " ", "  ", "é", "e\u0301", "\n"),
        *TWEETS[:8],
    ]
}

# --- unions

WORDS = {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True, "strip_accents": "unicode"}
PARTS = {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 3, "sublinear_tf": True}
UNIONS = [
    union_case("words and characters", ("TfidfVectorizer", WORDS, 1.0), ("TfidfVectorizer", PARTS, 1.0)),
    union_case("words and characters, weights", ("TfidfVectorizer", WORDS, 2.0), ("TfidfVectorizer", PARTS, 0.3)),
    union_case("the other way round", ("TfidfVectorizer", PARTS, 1.0), ("TfidfVectorizer", WORDS, 0.25)),
    # Signs cancel in the second block, and more blocks follow.
    union_case(
        "words, hashing, characters, counts",
        ("TfidfVectorizer", {"max_features": 100}, 1.0),
        (HASHING, {"n_features": 2**4, "ngram_range": (1, 2)}, 2.0),
        ("TfidfVectorizer", {"analyzer": "char", "ngram_range": (1, 2), "min_df": 3, "norm": "l1"}, 0.5),
        ("CountVectorizer", {"vocabulary": ["delayed", "the", "to"]}, 0.1),
    ),
]

# --- all pairs

VECTORIZERS = {"kind": ["TfidfVectorizer", "CountVectorizer"]} | ANALYZERS | {
    "min_df": [1, 2],
    "max_df": [1.0, 0.4],
    "max_features": [None, 120],
    "vocabulary": [None, "given"],
    "binary": [False, True],
    "sublinear_tf": [False, True],
    "use_idf": [True, False],
    "smooth_idf": [True, False],
    "norm": ["l2", "l1", None],
}
HASHERS = ANALYZERS | {
    "n_features": [2**20, 2**4, 1000, 2**10],
    "alternate_sign": [True, False],
    "binary": [False, True],
    "sublinear_tf": [False, True],
    "use_idf": [False, True],
    "smooth_idf": [True, False],
    "norm": ["l2", "l1", None],
}
NOT_OF_GIVEN = [("min_df", 2), ("max_df", 0.4), ("max_features", 120), ("smooth_idf", False)]
NOT_OF_COUNTS = [("sublinear_tf", True), ("use_idf", False), ("smooth_idf", False), ("norm", "l2"), ("norm", "l1")]


def forbidden(a, b):
    """What has no effect together, or, without smoothing, divides by the 0 documents that hold a term."""
    either = {a[0]: a[1], b[0]: b[1]}
    return any(
        [
            either.get("analyzer", "word") != "word" and either.get("stop_words") is not None,
            ("kind", "CountVectorizer") in (a, b) and (a in NOT_OF_COUNTS or b in NOT_OF_COUNTS),
            ("vocabulary", "given") in (a, b) and (a in NOT_OF_GIVEN or b in NOT_OF_GIVEN),
            either.get("n_features", 2**4) != 2**4 and either.get("smooth_idf") is False,
            # The logarithm of what is less than 0.
            either.get("alternate_sign") is True and either.get("sublinear_tf") is True,
        ]
    )


def pair_cases(name, options, kind=None):
    """A case for each choice. Options that have their default, which is the first value, are left out."""
    for i, choice in enumerate(all_pairs(options, forbidden)):
        given = {k: v for k, v in choice.items() if v != options[k][0]}
        of = given.pop("kind", kind or options["kind"][0])
        if of == "CountVectorizer":
            given.pop("norm")
        if "vocabulary" in given:
            given["vocabulary"] = vocabulary(**given)
        yield case(f"{name} {i}", of, **given)


PAIRS = [*pair_cases("pairs", VECTORIZERS), *pair_cases("pairs of hashing", HASHERS, HASHING)]


def write_all():
    texts = {"awkward": AWKWARD, "tweets": N_TWEETS, "stored": STORED, "unseen": UNSEEN}
    write("features_texts", [texts])
    write("preprocessing", [PREPROCESSING])
    write("murmurhash", [MURMURHASH])
    for name, cases in [("features", FEATURES), ("hashing", HASHED), ("unions", UNIONS), ("pairs", PAIRS)]:
        write(name, cases, separators=(",", ":"))
