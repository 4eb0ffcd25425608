//! What the user changed about forward passes.
//!
//! Ablations belong to a molecule and wait there while another one is shown; the scale of the explicit bias and
//! the rule in force belong to the session. A molecule without a list of its own follows the rule; a list of its
//! own, even an empty one, stands in the rule's place, so that one can see, and change, exactly what is taken out.

use crate::domain::{Ablation, Ablations, DirectedEdge, Intervention, Molecule, MoleculeId, Rule, Scale};
use crate::scene::Pick;
use std::collections::BTreeMap;

/// Everything that is edited, as one value that is saved and taken back as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Edits {
    explicit_bias: Scale,
    rule: Option<Rule>,
    lists: BTreeMap<MoleculeId, List>,
    named: Vec<Named>,
}

/// A list of ablations that is kept under a name, or a rule.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Named {
    /// What people call it; no two are called the same.
    pub name: String,
    /// What it is.
    pub set: Set,
}

/// What can have a name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Set {
    /// Edges of one molecule.
    List {
        /// Whose.
        molecule: MoleculeId,
        /// Which, and how.
        edges: List,
    },
    /// Edges of any molecule.
    Rule(Rule),
}

/// The ablations of one molecule; saved as a list, since edges are no names.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct List(pub Ablations);

/// One edge of a saved list.
#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Entry {
    #[serde(flatten)]
    edge: DirectedEdge,
    how: Ablation,
}

impl From<Vec<Entry>> for List {
    fn from(entries: Vec<Entry>) -> Self {
        Self(entries.into_iter().map(|Entry { edge, how }| (edge, how)).collect())
    }
}

impl From<List> for Vec<Entry> {
    fn from(List(edges): List) -> Self {
        edges.into_iter().map(|(edge, how)| Entry { edge, how }).collect()
    }
}

impl Edits {
    /// What applies to a molecule.
    pub fn intervention(&self, molecule: MoleculeId) -> Intervention {
        let list = self.list(molecule);
        Intervention {
            explicit_bias: self.explicit_bias,
            ablated: list.cloned().unwrap_or_default(),
            rule: self.rule.filter(|_| list.is_none()),
        }
    }

    /// Scale of the explicit bias terms.
    pub fn explicit_bias(&self) -> Scale {
        self.explicit_bias
    }

    /// The rule that applies to every molecule without a list of its own.
    pub fn rule(&self) -> Option<Rule> {
        self.rule
    }

    /// A molecule's own list; `None` if it has none and follows the rule, if there is one.
    pub fn list(&self, molecule: MoleculeId) -> Option<&Ablations> {
        self.lists.get(&molecule).map(|List(edges)| edges)
    }

    /// All molecules that have a list of their own.
    pub fn lists(&self) -> impl Iterator<Item = (MoleculeId, &Ablations)> {
        self.lists.iter().map(|(&molecule, List(edges))| (molecule, edges))
    }

    /// Lists and rules with a name, in the order in which they got it.
    pub fn named(&self) -> &[Named] {
        &self.named
    }

    /// Sets the scale.
    pub(super) fn set_explicit_bias(&mut self, scale: Scale) {
        self.explicit_bias = scale;
    }

    /// Gives a molecule a list of its own. Without a rule an empty list is none.
    pub(super) fn set_list(&mut self, molecule: MoleculeId, edges: Ablations) {
        if edges.is_empty() && self.rule.is_none() {
            self.lists.remove(&molecule);
        } else {
            self.lists.insert(molecule, List(edges));
        }
    }

    /// Has a molecule follow the rule again.
    pub(super) fn follow(&mut self, molecule: MoleculeId) {
        self.lists.remove(&molecule);
    }

    /// Puts a rule in force for every molecule, in place of the lists that they had; `None` ends it.
    pub(super) fn set_rule(&mut self, rule: Option<Rule>) {
        self.rule = rule;
        match rule {
            Some(_) => self.lists.clear(),
            None => self.lists.retain(|_, List(edges)| !edges.is_empty()),
        }
    }

    /// Keeps something under a name, in place of what had the name before.
    pub(super) fn name(&mut self, name: String, set: Set) {
        match self.named.iter_mut().find(|named| named.name == name) {
            Some(known) => known.set = set,
            None => self.named.push(Named { name, set }),
        }
    }

    /// Forgets a name.
    pub(super) fn forget(&mut self, name: &str) {
        self.named.retain(|named| named.name != name);
    }

    /// Forgets what names molecules of a file that is no longer open.
    pub(super) fn forget_molecules(&mut self) {
        self.lists.clear();
        self.named.retain(|named| matches!(named.set, Set::Rule(_)));
    }
}

/// `edges` with those of a bond or pair removed in both directions, or put back if both are out already.
pub(super) fn toggled(mut edges: Ablations, molecule: &Molecule, pick: Pick) -> Ablations {
    let Some(both) = pick.edges(molecule) else { return edges };
    if both.iter().all(|edge| edges.contains_key(edge)) {
        edges.retain(|edge, _| !both.contains(edge));
    } else {
        edges.extend(both.map(|edge| (edge, Ablation::Remove)));
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond, BondId, BondKind, Choice};

    const HERE: MoleculeId = MoleculeId(3);
    const THERE: MoleculeId = MoleculeId(4);
    const RULE: Rule = Rule { choice: Choice::Kind(BondKind::Double), how: Ablation::Zero };

    fn out(edges: impl IntoIterator<Item = (u32, u32)>, how: Ablation) -> Ablations {
        edges.into_iter().map(|(source, target)| (DirectedEdge::new(source, target), how)).collect()
    }

    #[test]
    fn half_a_bond_is_completed_before_it_comes_back() {
        let chain =
            Molecule::new(vec![Atom::default(); 3], vec![(0, 1, Bond::default()), (1, 2, Bond::default())]).unwrap();
        let edges = toggled(out([(1, 0)], Ablation::Zero), &chain, Pick::Bond(BondId(0)));
        assert_eq!(edges, out([(0, 1), (1, 0)], Ablation::Remove));
        assert!(toggled(edges, &chain, Pick::Bond(BondId(0))).is_empty());
        assert!(toggled(Ablations::new(), &chain, Pick::Bond(BondId(9))).is_empty());
    }

    #[test]
    fn a_list_of_its_own_stands_in_the_place_of_the_rule() {
        let mut edits = Edits::default();
        edits.set_list(THERE, out([(0, 1)], Ablation::Remove));
        edits.set_rule(Some(RULE));
        assert_eq!([HERE, THERE].map(|id| edits.intervention(id).rule), [Some(RULE); 2], "every molecule");
        edits.set_list(HERE, Ablations::new());
        assert_eq!(edits.intervention(HERE), Intervention::default(), "an empty list is a list");
        edits.follow(HERE);
        assert_eq!(edits.intervention(HERE).rule, Some(RULE));
        edits.set_list(HERE, Ablations::new());
        edits.set_list(THERE, out([(2, 1)], Ablation::LayerMean));
        edits.set_rule(None);
        assert_eq!(edits.list(HERE), None);
        assert_eq!(edits.intervention(THERE).ablated, out([(2, 1)], Ablation::LayerMean));
    }

    #[test]
    fn names_are_unique_and_those_of_molecules_end_with_their_file() {
        let mut edits = Edits::default();
        let list = Set::List { molecule: HERE, edges: List(out([(0, 1)], Ablation::Zero)) };
        edits.name("hub".to_owned(), list.clone());
        edits.name("doubles".to_owned(), Set::Rule(RULE));
        edits.name("doubles".to_owned(), list);
        edits.name("doubles".to_owned(), Set::Rule(RULE));
        assert_eq!(edits.named().iter().map(|named| &*named.name).collect::<Vec<_>>(), ["hub", "doubles"]);
        edits.forget_molecules();
        assert_eq!(edits.named(), [Named { name: "doubles".to_owned(), set: Set::Rule(RULE) }]);
        edits.forget("doubles");
        assert!(edits.named().is_empty());
    }

    #[test]
    fn edits_survive_saving() {
        let mut edits = Edits::default();
        edits.set_explicit_bias(Scale::new(0.25));
        edits.set_rule(Some(RULE));
        edits.set_list(HERE, out([(0, 1), (1, 0)], Ablation::LayerMean));
        edits.name("hub".to_owned(), Set::List { molecule: HERE, edges: List(out([(5, 2)], Ablation::Zero)) });
        let text = serde_json::to_string(&edits).unwrap();
        assert!(text.contains(r#""3":[{"source":0,"target":1,"how":"layer_mean"}"#), "{text}");
        assert_eq!(serde_json::from_str::<Edits>(&text).unwrap(), edits);
    }
}
