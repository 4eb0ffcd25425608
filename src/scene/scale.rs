//! Values to positions on a colour bar, and the bar itself with its ticks.
//!
//! Screen and figure draw the same [`ColorBar`], so a colour never means two things.

use super::paint::{Background, ColorMap, Rgb};

/// Stroke width of the lowest value and of lines without a value, world units (bond lengths).
pub const WIDTH_LOW: f32 = 0.06;

/// Stroke width of the highest value, world units (bond lengths).
pub const WIDTH_HIGH: f32 = 0.2;

/// Decades shown below the largest value of a logarithmic scale; ratios near zero say nothing and
/// would squeeze the rest of the bar.
const DECADES: f64 = 4.0;

/// Most labelled powers of ten on a bar.
const MAX_POWERS: i32 = 8;

/// How values become colours and widths.
///
/// Any range can be set; one that is empty or not finite only separates what lies above from what
/// lies below.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ColorScale {
    /// The colours.
    pub map: ColorMap,
    /// Value at the lower end.
    pub low: f32,
    /// Value at the upper end.
    pub high: f32,
    /// Whether equal ratios, instead of equal differences, are equal distances. Ignored by diverging
    /// maps.
    pub log: bool,
}

impl ColorScale {
    /// The scale that shows all finite `values`, widened to round numbers (1, 2 or 5 times a power of
    /// ten): for diverging maps symmetric about zero; logarithmic ones hold the positive values, at
    /// most four decades down from the largest; linear ones start at zero if nothing is negative.
    pub fn fit_range(map: ColorMap, log: bool, values: impl IntoIterator<Item = f32>) -> Self {
        let positive_only = log && !map.is_diverging();
        let finite = values.into_iter().filter(|value| value.is_finite() && (!positive_only || *value > 0.0));
        let range = finite.map(f64::from).fold(None, |range: Option<(f64, f64)>, value| {
            let (low, high) = range.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        });
        let (low, high) = match range {
            _ if map.is_diverging() => {
                let reach = range.map_or(0.0, |(low, high)| round_up(high.max(-low)));
                let reach = if reach > 0.0 { reach } else { 1.0 };
                (-reach, reach)
            }
            None if positive_only => (1.0, 10.0),
            None => (0.0, 1.0),
            Some((low, high)) if positive_only => {
                let low = round_down(low.max(high * 10_f64.powf(-DECADES)));
                let high = round_up(high);
                if high > low { (low, high) } else { (low, 10.0 * low) }
            }
            Some((low, high)) => {
                let (low, high) = (-round_up(-low.min(0.0)), round_up(high.max(0.0)));
                if high > low { (low, high) } else { (low, low + 1.0) }
            }
        };
        Self { map, low: narrow(low), high: narrow(high), log: positive_only }
    }

    /// Where a value stands, 0 (lower end) to 1 (upper end); what lies outside goes to the nearer
    /// end. `None` for NaN.
    pub fn position(&self, value: f32) -> Option<f32> {
        if value.is_nan() {
            return None;
        }
        let place = |value: f32| {
            let value = f64::from(value);
            if self.is_log() { value.max(f64::from(f32::MIN_POSITIVE)).log10() } else { value }
        };
        let (low, high) = (place(self.low), place(self.high));
        let position = (place(value) - low) / (high - low);
        if position.is_finite() && high > low {
            return Some(narrow(position.clamp(0.0, 1.0)));
        }
        Some(if value > self.high || value == f32::INFINITY { 1.0 } else { 0.0 })
    }

    /// The colour of a value; grey for NaN.
    pub fn color(&self, value: f32, background: Background) -> Rgb {
        self.position(value).map_or(background.grey(), |position| self.map.color(position, background))
    }

    /// The stroke width of a value in world units, from [`WIDTH_LOW`] to [`WIDTH_HIGH`]; diverging
    /// scales grow away from the middle. NaN is thin.
    pub fn width(&self, value: f32) -> f32 {
        self.position(value).map_or(WIDTH_LOW, |position| self.width_at(position))
    }

    /// The stroke width at a position of the bar.
    pub fn width_at(&self, position: f32) -> f32 {
        let strength = if self.map.is_diverging() { (2.0 * position - 1.0).abs() } else { position };
        WIDTH_LOW + (WIDTH_HIGH - WIDTH_LOW) * strength
    }

    /// Round values across the range, in rising order. Logarithmic scales have powers of ten, and 2
    /// and 5 times them where the range is below two decades.
    pub fn ticks(&self) -> Vec<Tick> {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Vec::new();
        }
        if self.is_log() {
            self.log_ticks(low.max(f64::from(f32::MIN_POSITIVE)), high)
        } else {
            self.linear_ticks(low, high)
        }
    }

    fn is_log(&self) -> bool {
        self.log && !self.map.is_diverging()
    }

    fn log_ticks(&self, low: f64, high: f64) -> Vec<Tick> {
        #[allow(clippy::cast_possible_truncation, reason = "log10 of a finite f32 lies between -46 and 39")]
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        let inside = |value: f64| value >= low * (1.0 - 1e-6) && value <= high * (1.0 + 1e-6);
        let factors: &[f64] = if high < 100.0 * low { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let stride = ((last - first) / MAX_POWERS + 1).max(1);
        (first..=last)
            .filter(|exponent| exponent.rem_euclid(stride) == 0)
            .flat_map(|exponent| factors.iter().map(move |&factor| (factor, exponent)))
            .filter(|&(factor, exponent)| inside(factor * 10_f64.powi(exponent)))
            .map(|(factor, exponent)| {
                let major = factor < 1.5;
                self.tick(factor * 10_f64.powi(exponent), power_label(factor, exponent), major)
            })
            .collect()
    }

    fn linear_ticks(&self, low: f64, high: f64) -> Vec<Tick> {
        let step = round_up((high - low) / 5.0);
        #[allow(clippy::cast_possible_truncation, reason = "at most six steps between the ends")]
        let (first, last) = ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
        (first..=last)
            .take(12)
            .map(|index| index as f64 * step)
            .map(|value| self.tick(value, linear_label(value, step), true))
            .collect()
    }

    fn tick(&self, value: f64, label: String, major: bool) -> Tick {
        let value = narrow(value);
        Tick { value, position: self.position(value).unwrap_or_default(), label, major }
    }
}

/// One mark beside a colour bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value marked.
    pub value: f32,
    /// Its place, 0 (lower end) to 1 (upper end).
    pub position: f32,
    /// Its text.
    pub label: String,
    /// Whether it is a power of ten (or any tick of a linear scale).
    pub major: bool,
}

/// A legend for painted values, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorBar {
    /// The scale it explains.
    pub scale: ColorScale,
    /// Marks in rising order.
    pub ticks: Vec<Tick>,
    /// What the values are, with unit.
    pub label: String,
    /// A line across the bar, e.g. where an activation counts as massive; `None` if out of range.
    pub marker: Option<Tick>,
    /// What else the colours are used for, in one line; may be empty.
    pub note: String,
}

impl ColorBar {
    /// The bar for `scale`, with a line at `marker` if that lies within the range.
    pub fn new(scale: ColorScale, label: impl Into<String>, marker: Option<f32>) -> Self {
        let inside = marker.filter(|value| (scale.low..=scale.high).contains(value));
        let marker = inside.map(|value| scale.tick(f64::from(value), value.to_string(), true));
        Self { scale, ticks: scale.ticks(), label: label.into(), marker, note: String::new() }
    }

    /// The same bar with a note, of one or more lines.
    #[must_use]
    pub fn with_note(self, note: String) -> Self {
        Self { note, ..self }
    }

    /// `count` colours with their widths (world units), evenly spaced from the lower to the upper end.
    pub fn samples(&self, count: usize, background: Background) -> Vec<(Rgb, f32)> {
        let last = count.saturating_sub(1).max(1) as f32;
        (0..count)
            .map(|index| index as f32 / last)
            .map(|position| (self.scale.map.color(position, background), self.scale.width_at(position)))
            .collect()
    }
}

/// The nearest 1, 2 or 5 times a power of ten that is not below `value`; 0 for what is not positive.
fn round_up(value: f64) -> f64 {
    round(value, |factor, fraction| factor >= fraction - 1e-6, &[1.0, 2.0, 5.0, 10.0])
}

/// The nearest 1, 2 or 5 times a power of ten that is not above `value`; 0 for what is not positive.
fn round_down(value: f64) -> f64 {
    round(value, |factor, fraction| factor <= fraction + 1e-6, &[5.0, 2.0, 1.0])
}

fn round(value: f64, fits: impl Fn(f64, f64) -> bool, factors: &[f64]) -> f64 {
    if value <= 0.0 {
        return 0.0;
    }
    #[allow(clippy::cast_possible_truncation, reason = "log10 of a finite f64 lies between -324 and 308")]
    let exponent = value.log10().floor() as i32;
    let power = 10_f64.powi(exponent);
    let factor = factors.iter().copied().find(|&factor| fits(factor, value / power)).unwrap_or(1.0);
    factor * power
}

/// To `f32`, with what is too large at its largest value.
fn narrow(value: f64) -> f32 {
    #[allow(clippy::cast_possible_truncation, reason = "clamped to the range of f32; rounding is wanted")]
    let narrowed = value.clamp(-f64::from(f32::MAX), f64::from(f32::MAX)) as f32;
    narrowed
}

/// `factor * 10^exponent`, written out where that is short.
fn power_label(factor: f64, exponent: i32) -> String {
    if (-3..=3).contains(&exponent) {
        let decimals = usize::try_from(-exponent).unwrap_or(0);
        return format!("{:.decimals$}", factor * 10_f64.powi(exponent));
    }
    let power: String = exponent.to_string().chars().map(superscript).collect();
    if factor < 1.5 { format!("10{power}") } else { format!("{factor}·10{power}") }
}

/// The raised form of a digit or minus sign.
pub(super) fn superscript(digit: char) -> char {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    match digit.to_digit(10) {
        Some(value) => DIGITS[value as usize],
        None => '⁻',
    }
}

/// A value on a linear scale with ticks every `step`.
fn linear_label(value: f64, step: f64) -> String {
    let largest = value.abs().max(step);
    if !(1e-4..1e6).contains(&largest) && value != 0.0 {
        return format!("{value:.0e}").replace('-', "−");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a step of at least 1e-4")]
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.decimals$}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(scale: &ColorScale) -> Vec<String> {
        scale.ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn logarithmic_range_and_ticks() {
        let scale = ColorScale::fit_range(ColorMap::Cividis, true, [0.3, 2400.0, f32::NAN, f32::INFINITY, -1.0]);
        assert_eq!((scale.low, scale.high, scale.log), (0.2, 5000.0, true));
        assert_eq!(labels(&scale), ["1", "10", "100", "1000"]);
        let narrow = ColorScale { low: 1.0, high: 5.0, ..scale };
        assert_eq!(labels(&narrow), ["1", "2", "5"]);
        assert_eq!(narrow.ticks().iter().map(|tick| tick.major).collect::<Vec<_>>(), [true, false, false]);
        let wide = ColorScale { low: 1e-6, high: 1e6, ..scale };
        assert_eq!(labels(&wide), ["10⁻⁶", "10⁻⁴", "0.01", "1", "100", "10⁴", "10⁶"]);
    }

    #[test]
    fn four_decades_below_the_largest_value_are_enough() {
        let scale = ColorScale::fit_range(ColorMap::Viridis, true, [1e-9, 1.0, 1000.0]);
        assert_eq!((scale.low, scale.high), (0.1, 1000.0));
        assert_eq!(scale.position(1e-9), Some(0.0));
    }

    #[test]
    fn linear_and_diverging_ranges() {
        let linear = ColorScale::fit_range(ColorMap::Viridis, false, [0.03, 0.72]);
        assert_eq!((linear.low, linear.high), (0.0, 1.0));
        assert_eq!(labels(&linear), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        let difference = ColorScale::fit_range(ColorMap::PurpleOrange, true, [-3.0, 0.5]);
        assert_eq!((difference.low, difference.high, difference.log), (-5.0, 5.0, false));
        assert_eq!(labels(&difference), ["−4", "−2", "0", "2", "4"]);
        assert_eq!(difference.position(0.0), Some(0.5));
        assert!(difference.width(0.0) < difference.width(-4.0));
    }

    #[test]
    fn what_cannot_be_ranked_still_has_a_colour() {
        let scale = ColorScale::fit_range(ColorMap::Cividis, true, [1.0, 1000.0]);
        for background in [Background::Light, Background::Dark] {
            assert_eq!(scale.color(f32::NAN, background), background.grey());
            assert_eq!(scale.color(f32::INFINITY, background), scale.map.color(1.0, background));
            assert_eq!(scale.color(-1.0, background), scale.map.color(0.0, background));
        }
        assert!(
            (scale.width(f32::NAN) - WIDTH_LOW).abs() < 1e-6 && (scale.width(f32::INFINITY) - WIDTH_HIGH).abs() < 1e-6
        );
        let nothing = ColorScale::fit_range(ColorMap::Cividis, true, [f32::NAN]);
        assert_eq!((nothing.low, nothing.high), (1.0, 10.0));
    }

    #[test]
    fn the_marker_is_there_only_within_the_range() {
        let bar = |high| {
            ColorBar::new(ColorScale { map: ColorMap::Cividis, low: 1.0, high, log: true }, "MA ratio", Some(1000.0))
        };
        let marker = bar(1e4).marker.unwrap();
        assert_eq!(marker.label, "1000");
        assert!((marker.position - 0.75).abs() < 1e-6);
        assert_eq!(bar(500.0).marker, None);
        assert_eq!(bar(500.0).samples(3, Background::Light).len(), 3);
    }

    proptest! {
        #[test]
        fn any_scale_gives_positions_colours_and_ordered_ticks(
            low in any::<f32>(), high in any::<f32>(), value in any::<f32>(), log in any::<bool>(), map in 0_usize..6,
        ) {
            let map = ColorMap::SEQUENTIAL.into_iter().chain(ColorMap::DIVERGING).nth(map).unwrap();
            let scale = ColorScale { map, low, high, log };
            prop_assert_eq!(scale.position(value).is_none(), value.is_nan());
            prop_assert!(scale.position(value).is_none_or(|position| (0.0..=1.0).contains(&position)));
            prop_assert!((WIDTH_LOW..=WIDTH_HIGH + 1e-6).contains(&scale.width(value)));
            let ticks = scale.ticks();
            prop_assert!(ticks.len() <= 30);
            prop_assert!(ticks.windows(2).all(|pair| pair[0].value < pair[1].value));
        }

        #[test]
        fn a_fitted_scale_holds_every_value(values in prop::collection::vec(-1e30_f32..1e30, 1..20), log in any::<bool>()) {
            let scale = ColorScale::fit_range(ColorMap::Cividis, log, values.iter().copied());
            prop_assert!(scale.low < scale.high);
            let kept = values.iter().filter(|&&value| !log || value > scale.high * 1e-4);
            for &value in kept {
                let slack = 1e-5 * value.abs();
                prop_assert!((scale.low - slack..=scale.high + slack).contains(&value));
            }
            let larger = ColorScale::fit_range(ColorMap::RedBlue, log, values.iter().copied());
            prop_assert!((larger.low + larger.high).abs() < f32::MIN_POSITIVE && larger.high > 0.0);
        }
    }
}
