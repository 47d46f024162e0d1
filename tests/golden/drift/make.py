"""What SciPy says of samples in bins: `python make.py > measures.json`."""

import json

import numpy as np
from scipy import stats
from scipy.spatial import distance

random = np.random.default_rng(7)
cases = []
for n, m, bins, shift in [(100, 80, 5, 0.0), (1000, 300, 10, 0.2), (10000, 2000, 50, 0.02), (40, 4000, 3, 0.5), (500, 500, 10, 1.5)]:
    p = random.dirichlet(np.ones(bins))
    q = (1 - min(shift, 1) / 2) * p + min(shift, 1) / 2 * random.dirichlet(np.ones(bins))
    a, b = random.multinomial(n, p), random.multinomial(m, q)
    both = a + b > 0
    chi = stats.chi2_contingency(np.array([a[both], b[both]]), correction=False)
    x, y = np.repeat(np.arange(bins), a), np.repeat(np.arange(bins), b)
    d = stats.ks_2samp(x, y).statistic
    share = lambda c: (c + 0.5) / (c.sum() + 0.5 * bins)
    cases.append({
        "a": a.tolist(), "b": b.tolist(),
        "chi2": chi.statistic, "chi2_p": chi.pvalue,
        "ks": d, "ks_p": stats.kstwobign.sf(d * np.sqrt(n * m / (n + m))),
        "jensenshannon": distance.jensenshannon(a, b),
        # SciPy has no PSI: its formula, as it is told in measures.rs.
        "psi": float(np.sum((share(b) - share(a)) * np.log(share(b) / share(a)))),
    })
tails = {
    "chi2": [[x, k, stats.chi2.sf(x, k)] for k in (1, 2, 7, 50, 999) for x in (0.01, 1.0, 5.0, 40.0, 300.0, 1500.0)],
    "kstwobign": [[x, stats.kstwobign.sf(x)] for x in (0.1, 0.3, 0.7, 0.99, 1.0, 1.5, 3.0, 6.0)],
    "hypergeom": [
        [found, all_, marked, drawn, stats.hypergeom.sf(found - 1, all_, marked, drawn)]
        for found, all_, marked, drawn in
        [(8, 11000, 18, 1000), (1, 100, 1, 50), (30, 12000, 130, 2000), (500, 20000, 900, 10000), (20, 10500, 20, 500), (5, 10, 5, 5)]
    ],
}
p = random.uniform(0, 0.2, 12).tolist()
adjusted = {"p": p, "bh": stats.false_discovery_control(p).tolist()}
print(json.dumps({"cases": cases, "tails": tails, "adjusted": adjusted}, indent=1, default=float))
