//! SMILES that RDKit reads and `smiles-rs` does not, in a spelling that it does.
//!
//! Unknown isotopes, `[#6]`, long map numbers, large charges, dative (`->`) and unspecified (`~`) bonds, dots
//! inside branches, and ring closures whose two ends name different bonds (the first counts). Such
//! texts are rare: this runs only when the direct way failed or would go wrong. The new spelling has
//! one component per atom and one ring closure per bond; what has no spelling is kept beside it.

use super::SmilesError;
use super::graph::{Graph, Kind};
use crate::domain::symbol;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the new spelling leaves out, by atom and by bond.
#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    isotopes: Vec<(usize, u16)>,
    charges: Vec<(usize, i8)>,
    maps: Vec<(usize, u16)>,
    /// (from, to, kind) of bonds that were written as single.
    bonds: Vec<(usize, usize, Kind)>,
}

impl Extras {
    /// Puts back what the new spelling left out.
    pub(super) fn apply(&self, graph: &mut Graph) {
        for &(atom, isotope) in &self.isotopes {
            graph.nodes[atom].isotope = isotope;
        }
        for &(atom, charge) in &self.charges {
            graph.nodes[atom].charge = charge;
        }
        for &(atom, map) in &self.maps {
            graph.nodes[atom].map = map;
        }
        for &(from, to, kind) in &self.bonds {
            let ends = [from, to].map(|id| u32::try_from(id).unwrap_or(u32::MAX));
            for edge in graph.edges.iter_mut().filter(|edge| [[edge.a, edge.b], [edge.b, edge.a]].contains(&ends)) {
                ([edge.a, edge.b], edge.kind) = (ends, kind);
            }
        }
    }
}

/// A text for `smiles-rs` and what it leaves out.
#[derive(Clone, Debug)]
pub(super) struct Rewritten {
    pub(super) text: String,
    pub(super) extras: Extras,
}

/// Whether a text that `smiles-rs` refused has anything that rewriting could cure.
pub(super) fn may_help(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'~' | b'>' | b'<' | b'[')) || (text.contains('(') && text.contains('.'))
}

/// Whether a bond is named before a ring closure number: only then can the two ends disagree.
pub(super) fn has_conflicting_rings(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_named = |pair: &&[u8]| {
        matches!(pair[0], b'-' | b'=' | b'#' | b'$' | b':') && (pair[1].is_ascii_digit() || pair[1] == b'%')
    };
    // A sign and a digit inside brackets is a charge.
    bytes.windows(2).filter(is_named).take(2).count() == 2 && {
        let mut depth = 0;
        let mut named = 0;
        for pair in bytes.windows(2) {
            match pair[0] {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ if depth == 0 && is_named(&pair) => named += 1,
                _ => {}
            }
        }
        named >= 2
    }
}

/// Spells a text anew.
///
/// # Errors
/// The text does not follow the grammar.
pub(super) fn rewrite(text: &str) -> Result<Rewritten, SmilesError> {
    if !text.is_ascii() {
        let at = text.bytes().position(|byte| !byte.is_ascii()).unwrap_or(0);
        return Err(SmilesError::Syntax { what: "a character that is not ASCII".to_owned(), at: at + 1 });
    }
    let mut linker = Linker { text: text.as_bytes(), ..Linker::default() };
    while linker.at < linker.text.len() {
        linker.step()?;
    }
    linker.finish()
}

/// One end of a ring closure: its atom, and the bond named there.
type RingEnd = (usize, Option<Link>);

/// A bond as named in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Written(u8),
    Unspecified,
    Forward,
    Backward,
}

/// What was read last, as far as the grammar cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Start,
    Atom,
    Bond,
    Dot,
    Open,
    Close,
}

#[derive(Default)]
struct Linker<'a> {
    text: &'a [u8],
    at: usize,
    last: Last,
    anchor: usize,
    pending: Option<Link>,
    branches: Vec<usize>,
    rings: BTreeMap<u32, RingEnd>,
    atoms: Vec<String>,
    bonds: Vec<(usize, usize, Option<Link>)>,
    extras: Extras,
}

impl Linker<'_> {
    fn refuse<T>(&self, what: &str) -> Result<T, SmilesError> {
        Err(SmilesError::Syntax { what: what.to_owned(), at: self.at + 1 })
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or(&[])
    }

    fn step(&mut self) -> Result<(), SmilesError> {
        let rest = self.rest();
        match rest[0] {
            b'(' if matches!(self.last, Last::Atom | Last::Close) => {
                self.branches.push(self.anchor);
                self.advance(1, Last::Open)
            }
            b')' if matches!(self.last, Last::Atom | Last::Close) => match self.branches.pop() {
                Some(anchor) => {
                    self.anchor = anchor;
                    self.advance(1, Last::Close)
                }
                None => self.refuse("a closing parenthesis without its opening one"),
            },
            b'.' if matches!(self.last, Last::Atom | Last::Close) => self.advance(1, Last::Dot),
            b'0'..=b'9' | b'%' if matches!(self.last, Last::Atom | Last::Close | Last::Bond) => self.ring(),
            b'[' => self.bracket(),
            byte => {
                if let Some((link, length)) = link(rest)
                    && matches!(self.last, Last::Atom | Last::Close | Last::Open)
                {
                    self.pending = Some(link);
                    return self.advance(length, Last::Bond);
                }
                let length = match rest {
                    [b'C', b'l', ..] | [b'B', b'r', ..] => 2,
                    _ if b"BCNOPSFIbcnops*".contains(&byte) => 1,
                    _ => return self.refuse("an unexpected character"),
                };
                let atom = String::from_utf8_lossy(&rest[..length]).into_owned();
                self.atom(atom, length)
            }
        }
    }

    fn advance(&mut self, length: usize, last: Last) -> Result<(), SmilesError> {
        self.at += length;
        self.last = last;
        Ok(())
    }

    fn atom(&mut self, text: String, length: usize) -> Result<(), SmilesError> {
        let id = self.atoms.len();
        self.atoms.push(text);
        let linked = !matches!(self.last, Last::Start | Last::Dot);
        let link = self.pending.take();
        if linked {
            self.bonds.push((self.anchor, id, link));
        }
        self.anchor = id;
        self.advance(length, Last::Atom)
    }

    fn ring(&mut self) -> Result<(), SmilesError> {
        let rest = self.rest();
        let (number, length) = match rest {
            [b'%', b'(', digits @ ..] => {
                let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if !(1..=5).contains(&count) || digits.get(count) != Some(&b')') {
                    return self.refuse("a wrong ring closure number");
                }
                (number(&digits[..count]), count + 3)
            }
            [b'%', a @ b'1'..=b'9', b @ b'0'..=b'9', ..] => (number(&[*a, *b]), 3),
            [digit @ b'0'..=b'9', ..] => (number(&[*digit]), 1),
            _ => return self.refuse("a wrong ring closure number"),
        };
        let Some(number) = number else { return self.refuse("a wrong ring closure number") };
        // An unspecified bond of a ring closure is whatever bond is usual between its atoms.
        let link = self.pending.take().filter(|link| *link != Link::Unspecified);
        if let Some((other, first)) = self.rings.remove(&number) {
            let (from, to, link) = match (first, link) {
                // A bond named at the closing end alone runs from there.
                (None, Some(link)) => (self.anchor, other, Some(link)),
                (link, _) => (other, self.anchor, link),
            };
            if from == to || self.bonds.iter().any(|&(a, b, _)| [(a, b), (b, a)].contains(&(from, to))) {
                return self.refuse("a ring closure between atoms that are already bonded");
            }
            self.bonds.push((from, to, link));
        } else {
            self.rings.insert(number, (self.anchor, link));
        }
        self.advance(length, Last::Atom)
    }

    /// `[isotope symbol chirality hydrogens charge :map]`, of which isotope, `#` symbols, large
    /// charges and the map are taken out.
    fn bracket(&mut self) -> Result<(), SmilesError> {
        let rest = self.rest();
        let Some(end) = memchr::memchr(b']', rest) else { return self.refuse("an unclosed bracket") };
        let mut inside = String::from_utf8_lossy(&rest[1..end]).into_owned();
        let id = self.atoms.len();
        if let Some((before, map)) = inside.split_once(':') {
            if map.is_empty() || !map.bytes().all(|byte| byte.is_ascii_digit()) {
                return self.refuse("a wrong atom map number");
            }
            // The number itself matters only for the order of atoms, and no program writes larger ones.
            self.extras.maps.push((id, map.parse().unwrap_or(u16::MAX)));
            inside = before.to_owned();
        }
        let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            // Beyond two bytes RDKit wraps around; no such mass exists, so the nearest will do.
            self.extras.isotopes.push((id, inside[..digits].parse().unwrap_or(u16::MAX)));
            inside.drain(..digits);
        }
        if let Some(numbered) = inside.strip_prefix('#') {
            let digits = numbered.bytes().take_while(u8::is_ascii_digit).count();
            let Some(element) = numbered[..digits].parse().ok().filter(|&element: &u8| element <= 118) else {
                return self.refuse("a wrong atomic number");
            };
            inside = format!("{}{}", symbol(element), &numbered[digits..]);
        }
        if let Some((sign, digits)) = inside.rfind(['+', '-']).map(|at| inside.split_at(at))
            && let Ok(charge @ (16..=127 | -127..=-16)) = digits.parse::<i8>()
        {
            self.extras.charges.push((id, charge));
            inside = sign.to_owned();
        }
        self.atom(format!("[{inside}]"), end + 1)
    }

    fn finish(mut self) -> Result<Rewritten, SmilesError> {
        if !matches!(self.last, Last::Atom | Last::Close) {
            return self.refuse("something missing");
        }
        if !self.branches.is_empty() {
            return self.refuse("an unclosed parenthesis");
        }
        if !self.rings.is_empty() {
            return self.refuse("an unclosed ring");
        }
        let mut closures = vec![String::new(); self.atoms.len()];
        for (label, &(from, to, link)) in self.bonds.iter().enumerate() {
            let symbol = match link {
                Some(Link::Written(symbol)) => char::from(symbol).to_string(),
                None => String::new(),
                Some(Link::Unspecified | Link::Forward | Link::Backward) => "-".to_owned(),
            };
            match link {
                Some(Link::Unspecified) => self.extras.bonds.push((from, to, Kind::Unspecified)),
                Some(Link::Forward) => self.extras.bonds.push((from, to, Kind::Dative)),
                Some(Link::Backward) => self.extras.bonds.push((to, from, Kind::Dative)),
                Some(Link::Written(_)) | None => {}
            }
            // The label's first occurrence opens the closure and carries the symbol.
            let (opens, closes) = (from.min(to), from.max(to));
            write!(closures[opens], "{symbol}%({label})").unwrap_or_default();
            write!(closures[closes], "%({label})").unwrap_or_default();
        }
        let components: Vec<String> =
            self.atoms.iter().zip(&closures).map(|(atom, closures)| format!("{atom}{closures}")).collect();
        Ok(Rewritten { text: components.join("."), extras: self.extras })
    }
}

fn link(rest: &[u8]) -> Option<(Link, usize)> {
    match rest {
        [b'-', b'>', ..] => Some((Link::Forward, 2)),
        [b'<', b'-', ..] => Some((Link::Backward, 2)),
        [b'~', ..] => Some((Link::Unspecified, 1)),
        [symbol @ (b'-' | b'=' | b'#' | b'$' | b':' | b'/' | b'\\'), ..] => Some((Link::Written(*symbol), 1)),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
