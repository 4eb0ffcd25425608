//! Atom labels as chemists set them: the element on the atom, hydrogens on the side where there is
//! room (`HO` left of a chain, `OH` right of it, an `H` above the nitrogen of an amide), charges and
//! mass numbers raised, counts lowered.

use super::LabelPiece;
use super::paint::Rgb;
use super::scale::superscript;
use crate::domain::{Atom, symbol};
use glam::Vec2;
use std::f32::consts::{PI, TAU};

/// Font size of atom labels, world units (bond lengths).
pub const LABEL_SIZE: f32 = 0.52;

/// Size of subscripts and superscripts relative to the label.
const SCRIPT: f32 = 0.68;

/// Height of capitals and digits, ems.
const CAP_HEIGHT: f32 = 0.72;

/// Room left free around a label, world units.
const MARGIN: f32 = 0.07;

/// Where the hydrogens stand, seen from the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Right,
    Left,
    Above,
    Below,
}

/// A label about to be set.
pub(super) struct Label {
    /// The label in one line.
    pub(super) text: String,
    /// The label in pieces, relative to the atom.
    pub(super) pieces: Vec<LabelPiece>,
    /// The leading part of `pieces` that bonds must keep clear of.
    solid: usize,
}

impl Label {
    /// The label of an atom whose bonds point along `bonds` (unit vectors).
    pub(super) fn of(atom: &Atom, bonds: &[Vec2], size: f32, color: Rgb) -> Self {
        let mut setter = Setter { size, color, pieces: Vec::new() };
        let side = hydrogen_side(atom.element, bonds);
        let (left, right) = setter.body(atom, side);
        let solid = setter.pieces.len();
        if atom.charge != 0 {
            setter.charge(&charge_text(atom.charge), (left, right), side, bonds);
        }
        Self { text: plain_text(atom, side), pieces: setter.pieces, solid }
    }

    /// Distance from the atom along `direction` (a unit vector) at which the label ends.
    pub(super) fn reach(&self, direction: Vec2) -> f32 {
        let exits = self.pieces[..self.solid].iter().filter_map(|piece| {
            let half = half_size(piece) + MARGIN;
            exit_distance(piece.center - half, piece.center + half, direction)
        });
        exits.fold(0.0, f32::max)
    }

    /// Radius of the disc behind the element symbol.
    pub(super) fn radius(&self) -> f32 {
        self.pieces.first().map_or(0.0, |piece| half_size(piece).max_element() + 0.5 * MARGIN)
    }
}

/// Half the width and half the height that a piece takes up, world units. The widths are those of
/// common sans-serif fonts, rounded up.
pub(super) fn half_size(piece: &LabelPiece) -> Vec2 {
    let ems: f32 = piece.text.chars().map(width).sum();
    Vec2::new(ems, CAP_HEIGHT) * piece.size / 2.0
}

fn width(character: char) -> f32 {
    match character {
        'I' | 'i' | 'j' | 'l' => 0.3,
        'f' | 'r' | 't' => 0.36,
        'M' | 'W' | 'm' => 0.87,
        'C' | 'D' | 'G' | 'H' | 'N' | 'O' | 'Q' | 'U' => 0.76,
        'A'..='Z' => 0.68,
        _ => 0.57,
    }
}

/// Where a ray from the origin leaves the box between two corners, if it meets it.
fn exit_distance(low: Vec2, high: Vec2, direction: Vec2) -> Option<f32> {
    // Division by zero gives infinities of the right sign; NaN (a ray along an edge) is dropped by
    // `min` and `max`.
    let (a, b) = (low / direction, high / direction);
    let (near, far) = (a.min(b), a.max(b));
    let (enter, exit) = (near.x.max(near.y), far.x.min(far.y));
    (exit >= enter && exit > 0.0).then_some(exit)
}

/// The side with most room: right if the bonds leave it open, else left, above, below.
fn hydrogen_side(element: u8, bonds: &[Vec2]) -> Side {
    match bonds {
        // H2O and HCl, but CH4 and NH3.
        [] if matches!(element, 8 | 9 | 16 | 17 | 34 | 35 | 52 | 53) => return Side::Left,
        // The end of a chain: away from it, and never above or below.
        [bond] => return if bond.x > 0.1 { Side::Left } else { Side::Right },
        _ => {}
    }
    let room = |direction: Vec2| bonds.iter().map(|bond| bond.angle_to(direction).abs()).fold(PI, f32::min);
    let sides = [
        (Side::Right, room(Vec2::X) + 0.3),
        (Side::Left, room(Vec2::NEG_X) + 0.2),
        (Side::Above, room(Vec2::Y) + 0.1),
        (Side::Below, room(Vec2::NEG_Y)),
    ];
    sides.into_iter().rev().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(Side::Right, |(side, _)| side)
}

/// `+`, `−`, `2+`, ...
fn charge_text(charge: i8) -> String {
    let sign = if charge > 0 { '+' } else { '−' };
    match charge.unsigned_abs() {
        1 => sign.to_string(),
        count => format!("{count}{sign}"),
    }
}

/// Mass number raised, then element, hydrogens and charge in the order they are read.
fn plain_text(atom: &Atom, side: Side) -> String {
    let hydrogens = match atom.hydrogens {
        0 => String::new(),
        1 => "H".to_owned(),
        count => format!("H{count}"),
    };
    let mass: String = mass_text(atom).chars().map(superscript).collect();
    let element = symbol(atom.element);
    let charge = match atom.charge {
        0 => String::new(),
        charge => charge_text(charge)
            .chars()
            .map(|sign| if sign.is_ascii_digit() { superscript(sign) } else { sign })
            .collect(),
    };
    match side {
        Side::Left => format!("{hydrogens}{mass}{element}{charge}"),
        _ => format!("{mass}{element}{hydrogens}{charge}"),
    }
}

fn mass_text(atom: &Atom) -> String {
    if atom.isotope == 0 { String::new() } else { atom.isotope.to_string() }
}

/// Sets pieces one after another.
struct Setter {
    size: f32,
    color: Rgb,
    pieces: Vec<LabelPiece>,
}

impl Setter {
    fn piece(&self, text: &str, scale: f32) -> LabelPiece {
        LabelPiece { text: text.to_owned(), center: Vec2::ZERO, size: self.size * scale, color: self.color }
    }

    /// Puts a piece with its left edge at `x` and its middle at `y`; returns its right edge.
    fn put_right(&mut self, mut piece: LabelPiece, x: f32, y: f32) -> f32 {
        let half = half_size(&piece).x;
        piece.center = Vec2::new(x + half, y);
        self.pieces.push(piece);
        x + 2.0 * half
    }

    /// Puts a piece with its right edge at `x` and its middle at `y`; returns its left edge.
    fn put_left(&mut self, piece: LabelPiece, x: f32, y: f32) -> f32 {
        let left = x - 2.0 * half_size(&piece).x;
        self.put_right(piece, left, y);
        left
    }

    /// Element, mass number and hydrogens; returns the left and right end of the element's line.
    fn body(&mut self, atom: &Atom, side: Side) -> (f32, f32) {
        let (raised, lowered) = (0.3 * self.size, -0.25 * self.size);
        let element = self.piece(symbol(atom.element), 1.0);
        let half = half_size(&element).x;
        let (mut left, mut right) = (-half, half);
        self.put_right(element, left, 0.0);
        if atom.isotope > 0 {
            left = self.put_left(self.piece(&mass_text(atom), SCRIPT), left, raised);
        }
        if atom.hydrogens == 0 {
            return (left, right);
        }
        let hydrogen = self.piece("H", 1.0);
        let count = (atom.hydrogens > 1).then(|| self.piece(&atom.hydrogens.to_string(), SCRIPT));
        match side {
            Side::Right => {
                right = self.put_right(hydrogen, right, 0.0);
                if let Some(count) = count {
                    right = self.put_right(count, right, lowered);
                }
            }
            Side::Left => {
                if let Some(count) = count {
                    left = self.put_left(count, left, lowered);
                }
                left = self.put_left(hydrogen, left, 0.0);
            }
            Side::Above | Side::Below => {
                let y = if side == Side::Above { self.size } else { -self.size } * 0.92;
                let start = -half_size(&hydrogen).x;
                let end = self.put_right(hydrogen, start, y);
                if let Some(count) = count {
                    self.put_right(count, end, y + lowered);
                }
            }
        }
        (left, right)
    }

    /// A raised charge: after the label if nothing is in the way there, else before it.
    fn charge(&mut self, text: &str, (left, right): (f32, f32), side: Side, bonds: &[Vec2]) {
        let piece = self.piece(text, SCRIPT);
        let raised = 0.36 * self.size;
        let blocked = |angle: f32| {
            let corner = Vec2::from_angle(angle);
            bonds.iter().any(|bond| bond.angle_to(corner).abs() < PI / 5.0)
        };
        let half = half_size(&piece).x;
        if side == Side::Right || !blocked(TAU / 8.0) {
            self.put_right(piece, right, raised);
        } else if side == Side::Left || !blocked(3.0 * TAU / 8.0) {
            self.put_left(piece, left, raised);
        } else if !blocked(-TAU / 8.0) {
            self.put_right(piece, right, -raised);
        } else {
            let y = if blocked(TAU / 4.0) { -self.size } else { self.size } * 0.72;
            self.put_right(piece, -half, y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(element: u8, hydrogens: u8, charge: i8) -> Atom {
        Atom { element, hydrogens, charge, ..Atom::default() }
    }

    fn label(atom: &Atom, bonds: &[f32]) -> Label {
        let bonds: Vec<Vec2> = bonds.iter().map(|degrees| Vec2::from_angle(degrees.to_radians())).collect();
        Label::of(atom, &bonds, LABEL_SIZE, Rgb::default())
    }

    fn text(atom: &Atom, bonds: &[f32]) -> String {
        label(atom, bonds).text
    }

    #[test]
    fn hydrogens_stand_away_from_the_bond() {
        let hydroxyl = atom(8, 1, 0);
        assert_eq!(text(&hydroxyl, &[30.0]), "HO");
        assert_eq!(text(&hydroxyl, &[150.0]), "OH");
        assert_eq!(text(&hydroxyl, &[90.0]), "OH");
        assert_eq!(text(&atom(7, 2, 0), &[-30.0]), "H2N");
        assert_eq!(text(&atom(7, 3, 1), &[180.0]), "NH3+");
    }

    #[test]
    fn the_hydrogen_of_a_chain_stands_above_or_below() {
        let amide = atom(7, 1, 0);
        let above = label(&amide, &[-30.0, -150.0]);
        assert!(above.pieces[1].center.y > 0.3 && above.pieces[1].center.x.abs() < 0.1);
        assert!(label(&amide, &[30.0, 150.0]).pieces[1].center.y < -0.3);
        assert!(label(&amide, &[120.0, 240.0]).pieces[1].center.x > 0.3);
    }

    #[test]
    fn lone_charged_and_heavy_atoms_are_spelled_out() {
        assert_eq!(text(&atom(6, 4, 0), &[]), "CH4");
        assert_eq!([text(&atom(8, 2, 0), &[]), text(&atom(17, 1, 0), &[])], ["H2O", "HCl"]);
        assert_eq!(text(&atom(6, 2, -1), &[180.0]), "CH2−");
        assert_eq!(text(&atom(20, 0, 2), &[]), "Ca²+");
        assert_eq!(text(&Atom { isotope: 13, ..atom(6, 3, 0) }, &[180.0]), "¹³CH3");
        assert_eq!(text(&atom(0, 0, 0), &[10.0]), "*");
    }

    #[test]
    fn bonds_end_where_the_label_does() {
        let label = label(&atom(8, 1, 0), &[180.0]);
        let (left, right) = (label.reach(Vec2::NEG_X), label.reach(Vec2::X));
        assert!(left > 0.15 && left < 0.35, "{left}");
        // The hydrogen stands on the right.
        assert!(right > left + 0.3, "{right}");
        assert!(label.reach(Vec2::Y) < 0.35);
    }

    #[test]
    fn a_charge_avoids_the_bonds() {
        let open = label(&atom(8, 0, -1), &[180.0]);
        assert!(open.pieces[1].center.x > 0.0 && open.pieces[1].center.y > 0.0);
        let blocked = label(&atom(8, 0, -1), &[40.0]);
        assert!(blocked.pieces[1].center.x < 0.0);
    }
}
