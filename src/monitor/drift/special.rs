//! Tails of distributions: a statistic comes in, how likely one as large is by chance comes out.
//!
//! ```text
//! P(χ²ₖ > x) = Q(k ÷ 2, x ÷ 2)         Q by its series below a + 1, by its continued fraction above: Abramowitz & Stegun 6.5.29, 6.5.31
//! ln Γ(x)                              Stirling's series, after as many steps of the recurrence as it needs: 6.1.40
//! P(K > x) = 2 Σ (−1)ʲ⁻¹ exp(−2j²x²)   Kolmogorov's distribution; below 1 by its other form, √(2π) ÷ x · Σ exp(−(2j−1)²π² ÷ (8x²))
//! ```

use std::f64::consts::PI;

/// ln Γ(x) for x > 0.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < 15.0 {
        product *= x;
        x += 1.0;
    }
    let (inverse, square) = (1.0 / x, 1.0 / (x * x));
    let series = inverse
        * (1.0 / 12.0
            - square
                * (1.0 / 360.0
                    - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0))));
    (x - 0.5) * x.ln() - x + (2.0 * PI).ln() / 2.0 + series - f64::ln(product)
}

/// The upper incomplete gamma function, as a share of the whole, for a > 0 and x ≥ 0.
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON / 4.0 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        (1.0 - scale * sum).clamp(0.0, 1.0)
    } else {
        // Lentz's method, from the outside in.
        let mut b = x + 1.0 - a;
        let (mut c, mut d) = (f64::INFINITY, 1.0 / b);
        let mut fraction = d;
        for i in 1..10_000 {
            let i = f64::from(i);
            let step = i * (a - i);
            b += 2.0;
            d = 1.0 / (step * d + b);
            c = b + step / c;
            fraction *= c * d;
            if (c * d - 1.0).abs() < f64::EPSILON {
                break;
            }
        }
        (scale * fraction).clamp(0.0, 1.0)
    }
}

/// P(χ² > x) of so many degrees of freedom; 1 of none.
pub(super) fn chi_square_tail(x: f64, degrees: usize) -> f64 {
    if degrees == 0 { 1.0 } else { upper_gamma(degrees as f64 / 2.0, x / 2.0) }
}

/// What χ² is above with this probability only, by halving.
pub(super) fn chi_square_above(p: f64, degrees: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while chi_square_tail(high, degrees) > p && high < 1e6 {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if chi_square_tail(middle, degrees) > p { low = middle } else { high = middle }
    }
    high
}

/// P(K > x) of Kolmogorov's distribution.
pub(super) fn kolmogorov_tail(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        let term = |j: i32| (-f64::from((2 * j - 1).pow(2)) * PI * PI / (8.0 * x * x)).exp();
        return (1.0 - (2.0 * PI).sqrt() / x * (1..=8).map(term).sum::<f64>()).clamp(0.0, 1.0);
    }
    let term = |j: i32| (-2.0 * f64::from(j * j) * x * x).exp();
    let sum: f64 = (1..=8).map(|j| if j % 2 == 1 { term(j) } else { -term(j) }).sum();
    (2.0 * sum).clamp(0.0, 1.0)
}

/// How likely it is to draw `found` marked ones or more, if `drawn` of `all` are drawn, of which `marked` are marked: the upper
/// tail of the hypergeometric distribution.
pub(super) fn hypergeometric_tail(found: u64, all: u64, marked: u64, drawn: u64) -> f64 {
    let least = (marked + drawn).saturating_sub(all);
    if found <= least {
        return 1.0;
    }
    let most = marked.min(drawn);
    if found > most {
        return 0.0;
    }
    let ln_choose = |n: u64, k: u64| {
        ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0)
    };
    let first =
        ln_choose(marked, found) + ln_choose(all - marked, drawn - found) - ln_choose(all, drawn);
    // From the first on, each by the one before; above the mean they fall, below it they rise before they fall.
    let (mut term, mut sum) = (1.0, 1.0);
    for k in found..most {
        let k = k as f64;
        let (m, n, rest) = (marked as f64, drawn as f64, (all - marked) as f64);
        term *= (m - k) * (n - k) / ((k + 1.0) * (rest - n + k + 1.0));
        sum += term;
        if term < sum * f64::EPSILON / 16.0 {
            break;
        }
    }
    (first.exp() * sum).clamp(0.0, 1.0)
}
