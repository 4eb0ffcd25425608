//! Gamma-function combinations that stay accurate for the very large shapes of a near-symmetric fit.
//!
//! A three-parameter gamma fitted to bell-shaped data runs off towards shape 10^7. There the textbook formulas
//! subtract numbers of size 10^8 and the usual series need thousands of terms, so large arguments take
//! asymptotic expansions instead. Both branches are compared with SciPy in the tests.

use statrs::function::{erf, gamma};
use std::f64::consts::TAU;

/// From this shape on the Stirling series below are exact to rounding.
const STIRLING_FROM: f64 = 20.0;

/// From this shape on three terms of Temme's expansion are right to 2e-12, better than the error function they need.
const TEMME_FROM: f64 = 200.0;

/// Coefficients of eta^n in c_0, c_1, c_2 of Temme's expansion (DLMF 8.12.10), computed from its recurrence.
const TEMME: [[f64; 14]; 3] = [
    [
        -0.3333333333333333,
        0.08333333333333333,
        -0.014814814814814815,
        0.0011574074074074073,
        0.0003527336860670194,
        -0.0001787551440329218,
        3.919263178522438e-05,
        -2.185448510679992e-06,
        -1.85406221071516e-06,
        8.296711340953087e-07,
        -1.7665952736826078e-07,
        6.707853543401498e-09,
        1.0261809784240309e-08,
        -4.382036018453353e-09,
    ],
    [
        -0.001851851851851852,
        -0.003472222222222222,
        0.0026455026455026454,
        -0.0009902263374485596,
        0.00020576131687242798,
        -4.018775720164609e-07,
        -1.8098550334489977e-05,
        7.64916091608111e-06,
        -1.6120900894563446e-06,
        4.647127802807434e-09,
        1.378633446915721e-07,
        -5.752545603517705e-08,
        1.1951628599778148e-08,
        -1.7543241719747647e-11,
    ],
    [
        0.004133597883597883,
        -0.0026813271604938273,
        0.0007716049382716049,
        2.0093878600823047e-06,
        -0.0001073665322636516,
        5.2923448829120125e-05,
        -1.2760635188618728e-05,
        3.423578734096138e-08,
        1.3721957309062934e-06,
        -6.298992138380055e-07,
        1.4280614206064242e-07,
        -2.0477098421990866e-10,
        -1.409252991086752e-08,
        6.228974084922022e-09,
    ],
];

/// `k ln k - k - ln Gamma(k)` for `k > 0`.
pub(super) fn stirling_gap(k: f64) -> f64 {
    if k < STIRLING_FROM {
        return k * k.ln() - k - gamma::ln_gamma(k);
    }
    let r = 1.0 / (k * k);
    0.5 * (k / TAU).ln() - (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r / 1680.0))) / k
}

/// `ln k - digamma(k)` for `k > 0`: falls from infinity to 0.
pub(super) fn ln_minus_digamma(k: f64) -> f64 {
    if k < STIRLING_FROM {
        return k.ln() - gamma::digamma(k);
    }
    let r = 1.0 / (k * k);
    0.5 / k + r * (1.0 / 12.0 - r * (1.0 / 120.0 - r * (1.0 / 252.0 - r / 240.0)))
}

/// The derivative of [`ln_minus_digamma`], `1/k - trigamma(k)`.
fn ln_minus_digamma_slope(k: f64) -> f64 {
    // trigamma(k) = trigamma(k + 1) + 1/k^2 climbs to where its asymptotic series holds.
    let mut climbed = 0.0;
    let mut z = k;
    while z < STIRLING_FROM {
        climbed += 1.0 / (z * z);
        z += 1.0;
    }
    let r = 1.0 / (z * z);
    let tail = r * (0.5 + (1.0 / 6.0 - r * (1.0 / 30.0 - r * (1.0 / 42.0 - r / 30.0))) / z);
    (1.0 / k - 1.0 / z) - climbed - tail
}

/// The shape `k` with `ln k - digamma(k) = s`, for `s > 0`: the maximum-likelihood shape of a two-parameter gamma
/// whose logarithm of the mean exceeds the mean of the logarithms by `s`.
pub(super) fn shape_from_log_gap(s: f64) -> f64 {
    // A rational approximation, right to 1.5 %, then Newton steps on the logarithm of k, which stays positive.
    let mut k = (3.0 - s + ((s - 3.0).powi(2) + 24.0 * s).sqrt()) / (12.0 * s);
    for _ in 0..20 {
        let step = (ln_minus_digamma(k) - s) / (k * ln_minus_digamma_slope(k));
        k *= (-step.clamp(-2.0, 2.0)).exp();
        if step.abs() < 1e-13 {
            break;
        }
    }
    k
}

/// Cumulative distribution of a gamma variable of shape `k > 0` that lies `u` of its mean above its mean,
/// i.e. the regularised lower incomplete gamma function P(k, k (1 + u)).
pub(super) fn gamma_cdf(k: f64, u: f64) -> f64 {
    if u <= -1.0 {
        return 0.0;
    }
    if u.is_infinite() {
        return 1.0;
    }
    if k >= TEMME_FROM {
        return temme_cdf(k, u);
    }
    gamma::checked_gamma_lr(k, k * (1.0 + u)).unwrap_or(f64::NAN)
}

/// P(k, k (1 + u)) by the uniform asymptotic expansion, for large `k`.
fn temme_cdf(k: f64, u: f64) -> f64 {
    let half_square = (u - u.ln_1p()).max(0.0);
    let eta = (2.0 * half_square).sqrt().copysign(u);
    let normal = 0.5 * erf::erfc(-eta * (0.5 * k).sqrt());
    let weight = (-k * half_square).exp() / (TAU * k).sqrt();
    if weight < 1e-18 {
        return normal; // The correction is below rounding, and far out its series would not converge.
    }
    let series = TEMME.iter().rev().fold(0.0, |sum, row| sum / k + row.iter().rev().fold(0.0, |p, c| p * eta + c));
    (normal - weight * series).clamp(0.0, 1.0)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn near(x: f64, y: f64, tolerance: f64) {
        assert!((x - y).abs() <= tolerance * y.abs().max(1e-3), "{x} is not {y}");
    }

    #[test]
    fn cdf_equals_scipy() {
        // scipy.special.gammainc(k, k * (1 + u))
        for (k, u, expected) in CDF {
            near(gamma_cdf(k, u), expected, 1e-10);
        }
        assert_eq!([gamma_cdf(3.0, -1.0), gamma_cdf(3.0, f64::INFINITY)], [0.0, 1.0]);
    }

    #[test]
    fn both_branches_meet() {
        for u in [-0.5, -0.2, -0.05, -1e-4, 0.0, 1e-4, 0.05, 0.2, 0.7] {
            let k = TEMME_FROM;
            near(temme_cdf(k, u), gamma::gamma_lr(k, k * (1.0 + u)), 1e-9);
        }
        let k = STIRLING_FROM;
        near(stirling_gap(k - 1e-9), stirling_gap(k), 1e-9);
        near(ln_minus_digamma(k - 1e-9), ln_minus_digamma(k), 1e-9);
    }

    #[test]
    fn shape_solves_its_equation() {
        for k in [0.01, 0.3, 1.0, 2.5, 19.9, 20.1, 1e3, 7e6, 1e9] {
            near(shape_from_log_gap(ln_minus_digamma(k)), k, 1e-9);
        }
    }

    #[test]
    fn slope_is_the_derivative() {
        for k in [0.2, 1.0, 7.0, 19.5, 40.0] {
            let h = 1e-5 * k;
            let difference = (ln_minus_digamma(k + h) - ln_minus_digamma(k - h)) / (2.0 * h);
            near(ln_minus_digamma_slope(k), difference, 1e-6);
        }
    }

    const CDF: [(f64, f64, f64); 16] = [
        (0.3, -0.9, 0.38647773522558154),
        (0.3, 0.5, 0.796292651614171),
        (2.5, -0.99, 2.9209539998950162e-05),
        (2.5, -0.3, 0.3766123722504178),
        (2.5, 1.7, 0.9808823106587726),
        (60.0, -0.2, 0.052328261896555255),
        (60.0, 0.0, 0.5171692726293873),
        (60.0, 0.3, 0.9848909868583974),
        (250.0, -0.15, 0.006559328813980668),
        (250.0, 0.001, 0.5147129428501394),
        (250.0, 0.2, 0.9986225281224718),
        (1341.3, -0.05, 0.03190607730940484),
        (1341.3, 0.03, 0.8636778368604056),
        (7e6, -0.0005, 0.0929226431013388),
        (7e6, 1e-07, 0.500155812201368),
        (7e6, 0.0009, 0.9913574882494807),
    ];
}
