//! From numbers to colours and widths. A value is told twice, by colour and by stroke width, so that
//! a picture can be read without colour vision and in a grey print.
//!
//! Colour maps keep their direction on every background, so a figure on white and the window in dark
//! say the same; what changes is that the end which would vanish into the background is cut off (and
//! the neutral middle of a diverging map is the background's own grey). Every colour of every map
//! stands out from its background by a contrast of at least 1.7 on white and 2.5 in the dark, where thin lines
//! are harder to see, and a test says so.

use std::fmt;

/// An opaque sRGB colour: red, green, blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// A colour from its three channels.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// The colour a fraction `t` (0..=1) of the way to `other`.
    pub fn lerp(self, other: Self, t: f32) -> Self {
        let mut mixed = self;
        for (from, to) in mixed.0.iter_mut().zip(other.0) {
            let value = f32::from(*from) + (f32::from(to) - f32::from(*from)) * t.clamp(0.0, 1.0);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two u8")]
            let rounded = value.round() as u8;
            *from = rounded;
        }
        mixed
    }

    /// Relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it.
    pub fn luminance(self) -> f32 {
        let [red, green, blue] = self.0.map(|channel| {
            let value = f32::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Contrast ratio with another colour, 1 to 21, as WCAG 2 defines it.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

/// The colour as `#rrggbb`.
impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// What a picture is drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Background {
    /// White paper; also every exported figure.
    #[default]
    Light,
    /// The dark theme.
    Dark,
}

impl Background {
    /// The background itself.
    pub fn paper(self) -> Rgb {
        match self {
            Self::Light => Rgb::new(255, 255, 255),
            Self::Dark => Rgb::new(24, 25, 28),
        }
    }

    /// Lines and text that carry no value.
    pub fn ink(self) -> Rgb {
        match self {
            Self::Light => Rgb::new(32, 33, 36),
            Self::Dark => Rgb::new(226, 227, 230),
        }
    }

    /// What is there but has no value: missing, ablated, zero difference.
    pub fn grey(self) -> Rgb {
        match self {
            Self::Light => Rgb::new(160, 161, 165),
            Self::Dark => Rgb::new(112, 114, 120),
        }
    }

    /// The colour behind something selected.
    pub fn selected(self) -> Rgb {
        match self {
            Self::Light => Rgb::new(255, 205, 120),
            Self::Dark => Rgb::new(122, 82, 16),
        }
    }

    /// The line around what is behind something selected: what a picture without colours still shows.
    pub fn outlined(self) -> Rgb {
        match self {
            Self::Light => Rgb::new(140, 84, 0),
            Self::Dark => Rgb::new(240, 184, 92),
        }
    }

    /// The colour behind something under the pointer.
    pub fn hovered(self) -> Rgb {
        match self {
            Self::Light => Rgb::new(214, 226, 245),
            Self::Dark => Rgb::new(52, 62, 82),
        }
    }
}

/// Colour of an element's label, after the CPK convention, readable on the background; carbon and
/// everything without a colour of its own is ink.
pub fn element_color(element: u8, background: Background) -> Rgb {
    let (light, dark) = match element {
        5 => ((160, 84, 60), (236, 162, 138)),
        7 => ((36, 72, 200), (122, 156, 255)),
        8 => ((200, 20, 20), (255, 110, 104)),
        9 => ((22, 120, 60), (112, 214, 140)),
        15 => ((176, 84, 0), (255, 166, 77)),
        16 => ((134, 106, 0), (230, 200, 70)),
        17 => ((20, 126, 20), (96, 220, 96)),
        34 => ((150, 96, 0), (240, 180, 70)),
        35 => ((148, 44, 24), (226, 128, 104)),
        53 => ((112, 20, 148), (204, 136, 232)),
        _ => return background.ink(),
    };
    let (r, g, b) = match background {
        Background::Light => light,
        Background::Dark => dark,
    };
    Rgb::new(r, g, b)
}

/// A named colour map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorMap {
    /// Dark blue to yellow, made to look alike with and without colour vision deficiency.
    #[default]
    Cividis,
    /// Dark violet over green to yellow.
    Viridis,
    /// Black over red to pale yellow.
    Inferno,
    /// Greys, away from the background.
    Greys,
    /// Diverging: orange below, purple above.
    PurpleOrange,
    /// Diverging: blue below, red above.
    RedBlue,
}

impl ColorMap {
    /// Maps for values with an order only, best first.
    pub const SEQUENTIAL: [Self; 4] = [Self::Cividis, Self::Viridis, Self::Inferno, Self::Greys];

    /// Maps for differences, best first; all safe for colour-blind readers.
    pub const DIVERGING: [Self; 2] = [Self::PurpleOrange, Self::RedBlue];

    /// The name shown in menus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cividis => "Cividis",
            Self::Viridis => "Viridis",
            Self::Inferno => "Inferno",
            Self::Greys => "Greys",
            Self::PurpleOrange => "Purple–orange",
            Self::RedBlue => "Red–blue",
        }
    }

    /// Whether the middle of the map means "nothing".
    pub fn is_diverging(self) -> bool {
        Self::DIVERGING.contains(&self)
    }

    /// The colour at `t` (0..=1), visible on `background`.
    pub fn color(self, t: f32, background: Background) -> Rgb {
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
        let (low, high) = self.visible(background);
        let gradient = match self {
            Self::Cividis => colorous::CIVIDIS,
            Self::Viridis => colorous::VIRIDIS,
            Self::Inferno => colorous::INFERNO,
            Self::Greys => return background.paper().lerp(background.ink(), low + (high - low) * t),
            Self::PurpleOrange => colorous::PURPLE_ORANGE,
            Self::RedBlue => colorous::RED_BLUE,
        };
        let sample = |t: f32| {
            let color = gradient.eval_continuous(f64::from(t));
            Rgb::new(color.r, color.g, color.b)
        };
        if !self.is_diverging() {
            return sample(low + (high - low) * t);
        }
        // Colorous runs from purple (or red) to orange (or blue); ours ends there. The pale middle is
        // skipped, and grey stands for "no difference".
        let strength = (2.0 * t - 1.0).abs();
        let reach = 0.2 + strength * (high - 0.7);
        let end = sample(if t < 0.5 { 0.5 + reach } else { 0.5 - reach });
        background.grey().lerp(end, strength.sqrt())
    }

    /// The part of the map that stands out from the background.
    fn visible(self, background: Background) -> (f32, f32) {
        match (self, background) {
            (Self::Cividis, Background::Light) => (0.0, 0.84),
            (Self::Cividis, Background::Dark) => (0.34, 1.0),
            (Self::Viridis, Background::Light) => (0.0, 0.84),
            (Self::Viridis, Background::Dark) => (0.3, 1.0),
            (Self::Inferno, Background::Light) => (0.0, 0.84),
            (Self::Inferno, Background::Dark) => (0.45, 1.0),
            (Self::Greys, Background::Light) => (0.3, 1.0),
            (Self::Greys, Background::Dark) => (0.36, 1.0),
            (Self::PurpleOrange | Self::RedBlue, Background::Light) => (0.05, 0.95),
            (Self::PurpleOrange | Self::RedBlue, Background::Dark) => (0.18, 0.82),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKGROUNDS: [Background; 2] = [Background::Light, Background::Dark];

    #[test]
    fn every_colour_of_every_map_stands_out_from_both_backgrounds() {
        for map in ColorMap::SEQUENTIAL.into_iter().chain(ColorMap::DIVERGING) {
            for background in BACKGROUNDS {
                for step in 0..=100_u8 {
                    let color = map.color(f32::from(step) / 100.0, background);
                    let contrast = color.contrast(background.paper());
                    let least = if background == Background::Light { 1.7 } else { 2.5 };
                    assert!(contrast >= least, "{map:?} at {step} % is {color} on {background:?}: {contrast}");
                }
            }
        }
    }

    #[test]
    fn maps_keep_their_direction_on_both_backgrounds() {
        for map in [ColorMap::Cividis, ColorMap::Viridis, ColorMap::Inferno] {
            for background in BACKGROUNDS {
                let brightness = |t: f32| map.color(t, background).luminance();
                assert!(brightness(0.0) < brightness(0.5) && brightness(0.5) < brightness(1.0), "{map:?}");
            }
        }
    }

    #[test]
    fn diverging_maps_are_grey_in_the_middle_and_different_at_the_ends() {
        for map in ColorMap::DIVERGING {
            for background in BACKGROUNDS {
                assert_eq!(map.color(0.5, background), background.grey());
                let (below, above) = (map.color(0.0, background), map.color(1.0, background));
                // The two ends differ in blue against red, which no common colour blindness confuses.
                let warmth = |color: Rgb| i32::from(color.0[0]) - i32::from(color.0[2]);
                assert!((warmth(below) - warmth(above)).abs() > 100, "{map:?}: {below} {above}");
            }
        }
        let warm = |color: Rgb| color.0[0] > color.0[2];
        assert!(warm(ColorMap::PurpleOrange.color(0.0, Background::Light)));
        assert!(warm(ColorMap::RedBlue.color(1.0, Background::Light)));
    }

    #[test]
    fn labels_are_readable_on_both_backgrounds() {
        for background in BACKGROUNDS {
            for element in 0..=118 {
                let contrast = element_color(element, background).contrast(background.paper());
                assert!(contrast >= 4.5, "element {element} on {background:?}: {contrast}");
            }
        }
    }

    #[test]
    fn colours_mix_and_print() {
        let (black, white) = (Rgb::default(), Rgb::new(255, 255, 255));
        assert_eq!(black.lerp(white, 0.5), Rgb::new(128, 128, 128));
        assert_eq!(black.lerp(white, f32::INFINITY), white);
        assert_eq!(Rgb::new(1, 171, 255).to_string(), "#01abff");
        assert!((black.contrast(white) - 21.0).abs() < 1e-3);
    }
}
