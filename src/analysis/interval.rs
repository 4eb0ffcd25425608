//! The mean of a few repeats and how well it is known.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// Chance with which an interval covers the true mean.
const CONFIDENCE: f64 = 0.95;

/// A mean with its 95 % confidence interval (Student t, repeats taken as normal and independent).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval; none of a single value.
    pub half: Option<f64>,
    /// Number of values.
    pub count: usize,
}

impl Interval {
    /// Of these values; `None` of none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let freedom = count as f64 - 1.0;
        let half = StudentsT::new(0.0, 1.0, freedom).ok().filter(|_| count > 1).map(|student| {
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / freedom;
            student.inverse_cdf(f64::midpoint(1.0, CONFIDENCE)) * (variance / count as f64).sqrt()
        });
        Some(Self { mean, half, count })
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.half {
            Some(half) => write!(f, "{:.4} ± {half:.4}", self.mean),
            None => write!(f, "{:.4}", self.mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        // t at 0.975 with 2 and 4 degrees of freedom: 4.302653, 2.776445.
        let three = Interval::of(&[1.0, 2.0, 3.0]).unwrap();
        assert!((three.half.unwrap() - 4.302_653 / 3.0_f64.sqrt()).abs() < 1e-5, "{three:?}");
        let five = Interval::of(&[0.0, 0.0, 1.0, 2.0, 2.0]).unwrap();
        assert!((five.mean - 1.0).abs() < 1e-12 && (five.half.unwrap() - 2.776_445 / 5.0_f64.sqrt()).abs() < 1e-5);
        assert_eq!(Interval::of(&[7.5]), Some(Interval { mean: 7.5, half: None, count: 1 }));
        assert_eq!(Interval::of(&[]), None);
        assert_eq!(
            (three.to_string(), Interval::of(&[7.5]).unwrap().to_string()),
            ("2.0000 ± 2.4841".into(), "7.5000".into())
        );
    }
}
