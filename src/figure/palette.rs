//! Colours of figures beside those of the scene. The two model colours are those of the paper; on
//! dark paper they are lightened, since its violet would vanish there.

use crate::analysis::chart::Role;
use crate::scene::{Background, Rgb};

/// The colours of one background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// What the figure is drawn on.
    pub background: Background,
}

impl Palette {
    /// The paper itself; also what hides bonds behind atom labels.
    pub fn paper(self) -> Rgb {
        self.background.paper()
    }

    /// Text and axes.
    pub fn ink(self) -> Rgb {
        self.background.ink()
    }

    /// Secondary text.
    pub fn muted(self) -> Rgb {
        self.ink().lerp(self.paper(), 0.35)
    }

    /// Grid lines.
    pub fn grid(self) -> Rgb {
        self.paper().lerp(self.ink(), 0.13)
    }

    /// The colour of what a series stands for. Violet, orange and green stay apart for readers with
    /// any common colour deficiency, also by lightness.
    pub fn role(self, role: Role) -> Rgb {
        match (role, self.background) {
            (Role::Trained, Background::Light) => Rgb::new(81, 40, 136),
            (Role::Trained, Background::Dark) => Rgb::new(172, 138, 226),
            (Role::Base, Background::Light) => Rgb::new(235, 97, 35),
            (Role::Base, Background::Dark) => Rgb::new(245, 130, 72),
            (Role::OtherBase, Background::Light) => Rgb::new(150, 132, 30),
            (Role::OtherBase, Background::Dark) => Rgb::new(208, 190, 84),
            (Role::Edited, Background::Light) => Rgb::new(0, 110, 184),
            (Role::Edited, Background::Dark) => Rgb::new(104, 184, 250),
            (Role::Second, Background::Light) => Rgb::new(0, 126, 128),
            (Role::Second, Background::Dark) => Rgb::new(66, 200, 196),
            (Role::Third, Background::Light) => Rgb::new(190, 36, 104),
            (Role::Third, Background::Dark) => Rgb::new(255, 130, 176),
            (Role::Selected, Background::Light) => Rgb::new(0, 134, 110),
            (Role::Selected, Background::Dark) => Rgb::new(72, 205, 172),
            (Role::Fit | Role::Threshold, _) => self.ink(),
        }
    }
}
