"""Few choices among options, such that each two values of two options meet in at least one of them.

In comes a table of options and their values, and the pairs that may not meet; nothing is known of what options do.
"""

import random
from itertools import combinations


def all_pairs(options, forbidden, seed=0, tries=60):
    """Choices, each a value for every option, in which no pair (option, value), (option, value) is `forbidden`."""
    every = [(name, i) for name, values in options.items() for i in range(len(values))]
    meaning = lambda item: (item[0], options[item[0]][item[1]])
    allowed = {
        frozenset(pair)
        for pair in combinations(every, 2)
        if pair[0][0] != pair[1][0] and not forbidden(meaning(pair[0]), meaning(pair[1]))
    }
    rng, missing, chosen = random.Random(seed), set(allowed), []

    def candidate():
        """One pair that is missing; then option by option what meets most of the others that are missing."""
        items = sorted(rng.choice(sorted(sorted(pair) for pair in missing)))
        rest = [name for name in options if name not in dict(items)]
        rng.shuffle(rest)
        for name in rest:
            fitting = [
                (name, i)
                for i in range(len(options[name]))
                if all(frozenset([(name, i), other]) in allowed for other in items)
            ]
            if not fitting:
                return None
            rng.shuffle(fitting)
            items.append(max(fitting, key=lambda item: sum(frozenset([item, other]) in missing for other in items)))
        return items

    met = lambda items: missing & {frozenset(pair) for pair in combinations(items, 2)}
    while missing:
        best = max((c for c in (candidate() for _ in range(tries)) if c), key=lambda items: len(met(items)))
        missing -= met(best)
        choice = dict(best)
        chosen.append({name: options[name][choice[name]] for name in options})
    return chosen
