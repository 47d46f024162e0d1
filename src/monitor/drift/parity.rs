//! Formulas are SciPy's; `tests/golden/drift` says how the numbers were made.

use serde::Deserialize;

use super::special::{chi_square_tail, hypergeometric_tail, kolmogorov_tail};
use super::*;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    tails: Tails,
    adjusted: Adjusted,
}

#[derive(Deserialize)]
struct Case {
    a: Vec<u64>,
    b: Vec<u64>,
    chi2: f64,
    chi2_p: f64,
    ks: f64,
    ks_p: f64,
    jensenshannon: f64,
    psi: f64,
}

#[derive(Deserialize)]
struct Tails {
    chi2: Vec<(f64, usize, f64)>,
    kstwobign: Vec<(f64, f64)>,
    hypergeom: Vec<(u64, u64, u64, u64, f64)>,
}

#[derive(Deserialize)]
struct Adjusted {
    p: Vec<f64>,
    bh: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/drift/measures.json")).unwrap()
}

fn close(found: f64, expected: f64, what: &str) {
    let near = (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3);
    let tiny = expected < 1e-12 && (found.ln() - expected.ln()).abs() < 1e-6 * expected.ln().abs();
    assert!(near || tiny || found == expected, "{what}: {found:e} instead of {expected:e}");
}

#[test]
fn distances_and_tests_are_those_of_scipy() {
    for case in golden().cases {
        let (a, b) = (&case.a[..], &case.b[..]);
        let chi = chi_square(a, b);
        close(chi.statistic, case.chi2, "χ²");
        close(chi.p_value, case.chi2_p, "p of χ²");
        let ks = kolmogorov_smirnov(a, b);
        close(ks.statistic, case.ks, "D");
        close(ks.p_value, case.ks_p, "p of D");
        close(jensen_shannon(a, b), case.jensenshannon, "Jensen–Shannon");
        close(psi(a, b), case.psi, "PSI");
    }
}

#[test]
fn tails_are_those_of_scipy() {
    let Tails { chi2, kstwobign, hypergeom } = golden().tails;
    for (x, k, p) in chi2 {
        close(chi_square_tail(x, k), p, &format!("χ² > {x} of {k}"));
    }
    for (x, p) in kstwobign {
        close(kolmogorov_tail(x), p, &format!("K > {x}"));
    }
    for (found, all, marked, drawn, p) in hypergeom {
        close(hypergeometric_tail(found, all, marked, drawn), p, &format!("{found} of {drawn}"));
    }
}

#[test]
fn corrections_are_those_of_scipy_and_of_holm() {
    let Adjusted { p, bh } = golden().adjusted;
    benjamini_hochberg(&p).iter().zip(&bh).for_each(|(&found, &b)| close(found, b, "BH"));
    for (adjusted, alone) in holm(&p).iter().zip(&p) {
        assert!(adjusted >= alone && *adjusted <= (alone * p.len() as f64).min(1.0));
    }
}
