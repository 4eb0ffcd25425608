//! Stereo marks as they stand in the text: `@` on atoms, `/` and `\` on bonds.
//!
//! What a mark says depends on the order in which the text names an atom's neighbours, which no
//! graph keeps. So a text with marks is gone through once more; it is known to follow the grammar.

use crate::domain::Chirality;
use std::collections::BTreeMap;

/// An atom with a mark.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) atom: u32,
    /// As written.
    pub(super) chirality: Chirality,
    /// Its neighbours: those along chains in the order of the text, then those across ring closures
    /// by number. RDKit refers to this order.
    pub(super) neighbours: Vec<u32>,
    /// Whether the order of the text is an odd permutation of it.
    pub(super) odd: bool,
    /// Whether a component starts with the atom.
    pub(super) first: bool,
    /// Number of ring closures.
    pub(super) closures: usize,
}

/// A bond with a mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Direction {
    pub(super) from: u32,
    pub(super) to: u32,
    /// `/`, seen from `from`.
    pub(super) up: bool,
}

/// All marks of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// Number of all atoms of the text, marked or not.
    pub(super) count: u32,
    pub(super) atoms: Vec<Mark>,
    pub(super) bonds: Vec<Direction>,
}

/// Reads the marks of a text without errors.
pub(super) fn read(text: &str) -> Marks {
    if memchr::memchr3(b'@', b'/', b'\\', text.as_bytes()).is_none() {
        return Marks::default();
    }
    let mut reader = Reader { text: text.as_bytes(), ..Reader::default() };
    while let Some(&byte) = reader.text.get(reader.at) {
        reader.at += reader.step(byte);
    }
    Marks {
        count: reader.atoms,
        atoms: reader.drafts.into_iter().map(Draft::finish).collect(),
        bonds: reader.directions,
    }
}

/// One place around a marked atom.
#[derive(Clone, Copy)]
struct Slot {
    neighbour: u32,
    /// For ring closures the number, and how many were opened before.
    closure: Option<(u32, u32)>,
}

/// A marked atom while its neighbours turn up.
struct Draft {
    atom: u32,
    chirality: Chirality,
    first: bool,
    slots: Vec<Slot>,
}

impl Draft {
    fn finish(self) -> Mark {
        let (mut closures, mut chain): (Vec<Slot>, Vec<Slot>) =
            self.slots.into_iter().partition(|slot| slot.closure.is_some());
        // In the text ring closures stand between the atom before and the atoms after.
        let after = chain.len() - usize::from(!self.first && !chain.is_empty());
        let crossings = (0..closures.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let crossed = crossings.filter(|&(a, b)| closures[a].closure > closures[b].closure).count();
        let odd = (closures.len() * after + crossed) % 2 == 1;
        let count = closures.len();
        closures.sort_by_key(|slot| slot.closure);
        chain.append(&mut closures);
        let neighbours = chain.iter().map(|slot| slot.neighbour).collect();
        Mark { atom: self.atom, chirality: self.chirality, neighbours, odd, first: self.first, closures: count }
    }
}

/// A ring closure that waits for its other end.
struct Opening {
    atom: u32,
    up: Option<bool>,
    order: u32,
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Atoms so far.
    atoms: u32,
    /// The atom that the next one is bonded to.
    anchor: Option<u32>,
    branches: Vec<Option<u32>>,
    /// A bond mark that waits for its other atom.
    up: Option<bool>,
    open: BTreeMap<u32, Opening>,
    opened: u32,
    drafts: Vec<Draft>,
    directions: Vec<Direction>,
}

impl Reader<'_> {
    /// Takes in what stands at the current place and says how long it is.
    fn step(&mut self, byte: u8) -> usize {
        let rest = &self.text[self.at..];
        match byte {
            b'(' => self.branches.push(self.anchor),
            b')' => self.anchor = self.branches.pop().flatten(),
            b'.' => self.anchor = None,
            b'/' => self.up = Some(true),
            b'\\' => self.up = Some(false),
            b'0'..=b'9' | b'%' => return self.ring(),
            b'[' => {
                let length = memchr::memchr(b']', rest).map_or(rest.len(), |end| end + 1);
                let mark = chirality(&rest[..length]);
                self.atom(mark);
                return length;
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'*' => {
                self.atom(Chirality::Unspecified);
                return if rest.starts_with(b"Cl") || rest.starts_with(b"Br") { 2 } else { 1 };
            }
            _ => {}
        }
        1
    }

    fn atom(&mut self, chirality: Chirality) {
        let atom = self.atoms;
        self.atoms += 1;
        if chirality != Chirality::Unspecified {
            self.drafts.push(Draft { atom, chirality, first: self.anchor.is_none(), slots: Vec::with_capacity(4) });
        }
        let up = self.up.take();
        if let Some(anchor) = self.anchor {
            self.attach(anchor, Slot { neighbour: atom, closure: None });
            self.attach(atom, Slot { neighbour: anchor, closure: None });
            self.directions.extend(up.map(|up| Direction { from: anchor, to: atom, up }));
        }
        self.anchor = Some(atom);
    }

    fn ring(&mut self) -> usize {
        let rest = &self.text[self.at..];
        let digits = |range: &[u8]| range.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        let (number, length) = match rest {
            [b'%', b'(', inside @ ..] => {
                let count = inside.iter().take_while(|byte| byte.is_ascii_digit()).take(8).count();
                (digits(&inside[..count]), count + 3)
            }
            [b'%', a @ b'0'..=b'9', b @ b'0'..=b'9', ..] => (digits(&[*a, *b]), 3),
            [digit @ b'0'..=b'9', ..] => (digits(&[*digit]), 1),
            _ => return 1,
        };
        let (Some(atom), up) = (self.anchor, self.up.take()) else { return length };
        if let Some(opening) = self.open.remove(&number) {
            let closure = Some((number, opening.order));
            self.attach(atom, Slot { neighbour: opening.atom, closure });
            for slot in self.slots(opening.atom).into_iter().flatten().filter(|slot| slot.closure == closure) {
                slot.neighbour = atom;
            }
            // If both ends are marked the later mark holds.
            let direction = match up {
                Some(up) => Some(Direction { from: atom, to: opening.atom, up }),
                None => opening.up.map(|up| Direction { from: opening.atom, to: atom, up }),
            };
            self.directions.extend(direction);
        } else {
            let order = self.opened;
            self.opened += 1;
            self.attach(atom, Slot { neighbour: atom, closure: Some((number, order)) });
            self.open.insert(number, Opening { atom, up, order });
        }
        length
    }

    fn attach(&mut self, atom: u32, slot: Slot) {
        if let Some(slots) = self.slots(atom) {
            slots.push(slot);
        }
    }

    /// The neighbours of an atom, if it is marked.
    fn slots(&mut self, atom: u32) -> Option<&mut Vec<Slot>> {
        let at = self.drafts.binary_search_by_key(&atom, |draft| draft.atom).ok()?;
        self.drafts.get_mut(at).map(|draft| &mut draft.slots)
    }
}

/// The mark inside a bracket.
fn chirality(bracket: &[u8]) -> Chirality {
    let Some(at) = memchr::memchr(b'@', bracket) else { return Chirality::Unspecified };
    match &bracket[at + 1..] {
        [b'@', ..] | [b'T', b'H', b'2', ..] => Chirality::Clockwise,
        [b'T', b'H', ..] => Chirality::Counterclockwise,
        // RDKit drops the handedness of allenes.
        [b'A', b'L', ..] => Chirality::Unspecified,
        [b'S', b'P', ..] | [b'T', b'B', ..] | [b'O', b'H', ..] => Chirality::Other,
        _ => Chirality::Counterclockwise,
    }
}

/// The same centre seen in a mirror.
pub(super) fn inverted(chirality: Chirality) -> Chirality {
    match chirality {
        Chirality::Clockwise => Chirality::Counterclockwise,
        Chirality::Counterclockwise => Chirality::Clockwise,
        same => same,
    }
}
