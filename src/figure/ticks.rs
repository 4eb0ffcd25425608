//! Where ticks stand and what they read. Steps are 1, 2 or 5 times a power of ten; logarithmic axes
//! are labelled by powers of ten, and by 2 and 5 between them where an axis spans less than two.

use super::text::{Label, Script, minus};
use crate::analysis::chart::{Axis, Scale};

/// One tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    /// Position on the axis.
    pub(super) at: f64,
    /// What it reads; `None` for a minor tick.
    pub(super) label: Option<Label>,
}

/// The range of an axis as it can be drawn: both ends finite, the first smaller. `None` if an end is
/// no number, no logarithm of one, or too far from the other for their distance to be a number.
pub(super) fn range(axis: &Axis) -> Option<(f64, f64)> {
    let (low, high) = (axis.range.0.min(axis.range.1), axis.range.0.max(axis.range.1));
    // No number has a logarithm beyond a few hundred.
    let reach = if axis.scale == Scale::Log10 { 1000.0 } else { f64::MAX };
    if !(high - low).is_finite() || low.abs().max(high.abs()) > reach || axis.range.0.is_nan() || axis.range.1.is_nan()
    {
        return None;
    }
    // A range without width, or one lost in rounding, is shown around its only value.
    let least = 1e-9 * low.abs().max(high.abs()).max(1.0);
    if high - low < least { Some((low - least.max(0.5), high + least.max(0.5))) } else { Some((low, high)) }
}

/// The ticks of an axis that has room for about `room` labels, ascending.
pub(super) fn ticks(axis: &Axis, room: f64) -> Vec<Tick> {
    let Some(range) = range(axis) else { return Vec::new() };
    match axis.scale {
        Scale::Linear => linear(range, room),
        Scale::Log10 => logarithmic(range, room),
    }
}

fn linear((low, high): (f64, f64), room: f64) -> Vec<Tick> {
    let step = nice_step((high - low) / room.max(1.0));
    let exponent = step.log10().floor();
    let largest = low.abs().max(high.abs());
    multiples(low, high, step).map(|at| Tick { at, label: Some(plain_or_scientific(at, exponent, largest)) }).collect()
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// Multiples of `step` within a range, ends included.
fn multiples(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    // Never many: `step` was made for at most a few dozen labels.
    let count = if first <= last { (last - first).min(1000.0) as u32 + 1 } else { 0 };
    (0..count).map(move |index| (first + f64::from(index)) * step + 0.0)
}

/// A number whose last digit counts in units of 10^`exponent`, on an axis that reaches `largest`.
fn plain_or_scientific(value: f64, exponent: f64, largest: f64) -> Label {
    if (-4.0..6.0).contains(&exponent) && largest < 1e7 {
        let decimals = (-exponent).max(0.0) as usize;
        return Label::plain(grouped(&minus(&format!("{value:.decimals$}"))));
    }
    if value == 0.0 {
        return Label::plain("0");
    }
    let power = value.abs().log10().floor();
    let decimals = (power - exponent).clamp(0.0, 6.0) as usize;
    let mantissa = minus(&format!("{:.decimals$}", value / 10f64.powf(power)));
    let exponent = minus(&format!("{power}"));
    Label(vec![(Script::Base, format!("{mantissa}×10")), (Script::Super, exponent)])
}

/// Five and more digits before the point in groups of three, apart by a thin space.
fn grouped(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    let start = digits.iter().position(char::is_ascii_digit).unwrap_or(0);
    let end = digits.iter().position(|&c| c == '.').unwrap_or(digits.len());
    if end.saturating_sub(start) < 5 {
        return number.to_owned();
    }
    let mut out = String::with_capacity(number.len() + 8);
    for (index, &digit) in digits.iter().enumerate() {
        if index > start && index < end && (end - index) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

fn logarithmic((low, high): (f64, f64), room: f64) -> Vec<Tick> {
    let decades = multiples(low, high, 1.0).count();
    if decades < 2 && high - low < 1.5 {
        return within_a_decade((low, high), room);
    }
    let step = nice_step(((high - low) / room.max(1.0)).max(1.0));
    let mut ticks: Vec<Tick> =
        multiples(low, high, step).map(|at| Tick { at, label: Some(Label::power_of_ten(at.round() as i32)) }).collect();
    if step > 1.5 && high - low < 100.0 {
        ticks.extend(minor(multiples(low, high, 1.0), &ticks));
    } else if step < 1.5 && high - low <= 2.0 * room {
        let between = subdivisions(low, high).filter(|&(_, factor)| factor > 1).map(|(at, _)| at);
        ticks.extend(minor(between, &ticks));
    }
    ticks.sort_by(|a, b| a.at.total_cmp(&b.at));
    ticks
}

/// Unlabelled ticks wherever there is no labelled one.
fn minor(positions: impl Iterator<Item = f64>, labelled: &[Tick]) -> Vec<Tick> {
    let free = |at: &f64| labelled.iter().all(|tick| (tick.at - at).abs() > 1e-6);
    positions.filter(free).map(|at| Tick { at, label: None }).collect()
}

/// Positions of 1, 2, .. 9 times every power of ten in a range, with the factor.
fn subdivisions(low: f64, high: f64) -> impl Iterator<Item = (f64, u8)> {
    let decades = multiples(low.floor(), high.floor(), 1.0);
    let all = decades.flat_map(|decade| (1..=9u8).map(move |factor| (decade + f64::from(factor).log10(), factor)));
    all.filter(move |&(at, _)| at >= low - 1e-9 && at <= high + 1e-9)
}

/// A logarithmic axis shorter than a decade or so: powers of ten alone would leave it bare.
fn within_a_decade((low, high): (f64, f64), room: f64) -> Vec<Tick> {
    let inner: Vec<(f64, u8)> = subdivisions(low, high).collect();
    if inner.iter().filter(|(_, factor)| matches!(factor, 1 | 2 | 5)).count() < 2 {
        // So short that it is nearly linear: label plain numbers at even steps of the value.
        let (from, to) = (10f64.powf(low), 10f64.powf(high));
        return linear((from, to), room).into_iter().map(|tick| Tick { at: tick.at.log10(), ..tick }).collect();
    }
    let label = |at: f64, factor: u8| {
        let exponent = (at - f64::from(factor).log10()).round();
        matches!(factor, 1 | 2 | 5).then(|| plain_or_scientific(10f64.powf(at), exponent, 10f64.powf(high)))
    };
    inner.into_iter().map(|(at, factor)| Tick { at, label: label(at, factor) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(scale: Scale, range: (f64, f64), room: f64) -> Vec<String> {
        let axis = Axis { label: String::new(), scale, range };
        ticks(&axis, room).iter().filter_map(|tick| tick.label.as_ref()).map(Label::text).collect()
    }

    #[test]
    fn linear_ticks_are_round_numbers() {
        assert_eq!(labels(Scale::Linear, (-3.2, 1.1), 6.0), ["−3", "−2", "−1", "0", "1"]);
        assert_eq!(
            labels(Scale::Linear, (0.0, 60000.0), 4.0),
            ["0", "20\u{202f}000", "40\u{202f}000", "60\u{202f}000"]
        );
        assert_eq!(labels(Scale::Linear, (0.0, 0.05), 3.0), ["0.00", "0.02", "0.04"]);
        assert_eq!(labels(Scale::Linear, (0.0, 3e9), 3.0), ["0", "1×109", "2×109", "3×109"]);
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten_with_the_factors_between() {
        assert_eq!(labels(Scale::Log10, (0.0, 3.0), 8.0), ["100", "101", "102", "103"]);
        let axis = Axis { label: String::new(), scale: Scale::Log10, range: (0.0, 2.0) };
        assert_eq!(ticks(&axis, 8.0).iter().filter(|tick| tick.label.is_none()).count(), 16);
        assert_eq!(labels(Scale::Log10, (-0.2, 0.4), 5.0), ["1", "2"]);
        assert_eq!(labels(Scale::Log10, (0.0, 30.0), 4.0), ["100", "1010", "1020", "1030"]);
    }

    #[test]
    fn ranges_that_cannot_be_drawn_are_mended_or_refused() {
        let axis = |low, high| Axis { label: String::new(), scale: Scale::Linear, range: (low, high) };
        assert_eq!(range(&axis(2.0, 2.0)), Some((1.5, 2.5)));
        assert_eq!(range(&axis(3.0, 1.0)), Some((1.0, 3.0)));
        assert_eq!(range(&Axis { scale: Scale::Log10, ..axis(0.0, 1e6) }), None);
        for (low, high) in [(f64::NEG_INFINITY, 1.0), (f64::NAN, 1.0), (0.0, f64::NAN), (f64::MIN, f64::MAX)] {
            assert_eq!(range(&axis(low, high)), None);
        }
    }

    proptest! {
        #[test]
        fn ticks_are_few_ascending_and_inside(
            low in prop_oneof![-1e12..1e12f64, -10.0..10.0f64], width in prop_oneof![1e-9..1e12f64, 1e-3..20.0f64],
            room in 2.0..20.0f64, logarithmic: bool,
        ) {
            let scale = if logarithmic { Scale::Log10 } else { Scale::Linear };
            let axis = Axis { label: String::new(), scale, range: (low, low + width) };
            let Some((low, high)) = range(&axis) else {
                prop_assert!(logarithmic);
                return Ok(());
            };
            let ticks = ticks(&axis, room);
            let labelled = ticks.iter().filter(|tick| tick.label.is_some()).count();
            prop_assert!(labelled <= room as usize + 2);
            prop_assert!(ticks.len() <= 1100);
            let slack = 1e-5 * (high - low);
            prop_assert!(ticks.iter().all(|tick| tick.at >= low - slack && tick.at <= high + slack));
            prop_assert!(ticks.windows(2).all(|pair| pair[0].at < pair[1].at));
        }
    }
}
