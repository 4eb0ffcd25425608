//! What can be changed about a forward pass, alike for every command that looks at one molecule.

use crate::domain::{Ablation, AtomId, BondKind, Choice, DirectedEdge, Rule};
use crate::engine::BASE_SEED;
use clap::Args as ClapArgs;

/// Changes of a forward pass.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(super) struct EditArgs {
    /// Scale of the trained explicit bias terms, 0 to 1
    #[arg(long, value_parser = unit_interval)]
    pub(super) ebt: Option<f32>,
    /// Edges to ablate, separated by commas: 3-7 (both directions) or 3>7 (one) takes them out of message passing;
    /// 3-7:zero keeps them with an activation of zero in every layer, 3-7:mean with the mean of the other edges
    #[arg(long, value_delimiter = ',', value_parser = edges)]
    pub(super) ablate: Vec<Edges>,
    /// Edges to ablate by rule: top=3 (the bonds of highest MA ratio in any layer; top=3:layer=8:head=2 in one), type=double
    /// (single, double, triple, aromatic), random=3:seed=41 (bonds), or atom=5 (all its edges); with :zero or :mean as above
    #[arg(long, value_parser = rule)]
    pub(super) ablate_rule: Option<Rule>,
    /// Compute full graphs of more than 39,800 edges too, whatever memory they take
    #[arg(long)]
    pub(super) allow_large: bool,
}

/// What one item of `--ablate` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edges {
    pub(super) edges: Vec<DirectedEdge>,
    pub(super) how: Ablation,
}

fn edges(text: &str) -> Result<Edges, String> {
    let (text, how) = match text.split_once(':') {
        Some((text, word)) => (text, kind(word)?),
        None => (text, Ablation::Remove),
    };
    let parse = |separator: char| {
        let (source, target) = text.split_once(separator)?;
        Some(DirectedEdge::new(source.trim().parse().ok()?, target.trim().parse().ok()?))
    };
    if let Some(edge) = parse('>') {
        return Ok(Edges { edges: vec![edge], how });
    }
    parse('-')
        .map(|edge| Edges { edges: vec![edge, edge.reversed()], how })
        .ok_or_else(|| "an edge is written 3-7 (both directions) or 3>7 (one), atoms counted from 0".to_owned())
}

fn kind(word: &str) -> Result<Ablation, String> {
    let known = Ablation::ALL.into_iter().find(|kind| kind.name() == word);
    known.ok_or_else(|| format!("edges are ablated by remove, zero or mean, not by `{word}`"))
}

fn rule(text: &str) -> Result<Rule, String> {
    let mut words = text.split(':');
    let (what, value) = words.next().and_then(|word| word.split_once('=')).ok_or(RULE)?;
    let mut how = Ablation::Remove;
    let mut choice = match what {
        "top" => Choice::Strongest { count: whole(value)?, layer: None, head: None },
        "type" => {
            let known = BondKind::ALL.into_iter().find(|kind| kind.name() == value);
            Choice::Kind(known.ok_or("types of bonds are single, double, triple and aromatic")?)
        }
        "random" => Choice::Random { count: whole(value)?, seed: BASE_SEED },
        "atom" => Choice::Atom(AtomId(whole(value)?)),
        _ => return Err(RULE.to_owned()),
    };
    for word in words {
        match (&mut choice, word.split_once('=')) {
            (Choice::Strongest { layer, .. }, Some(("layer", value))) => *layer = Some(whole(value)?),
            (Choice::Strongest { head, .. }, Some(("head", value))) => *head = Some(whole(value)?),
            (Choice::Random { seed, .. }, Some(("seed", value))) => *seed = whole(value)?,
            (_, None) => how = kind(word)?,
            _ => return Err(RULE.to_owned()),
        }
    }
    Ok(Rule { choice, how })
}

const RULE: &str =
    "a rule is top=3, top=3:layer=8:head=2, type=double, random=3:seed=41 or atom=5, perhaps with :zero or :mean";

fn whole<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_not_a_number| format!("`{text}` is not a whole number from 0 up"))
}

fn unit_interval(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|scale| (0.0..=1.0).contains(scale))
        .ok_or_else(|| "the scale is a number from 0 (off) to 1 (as trained)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_read_with_how_they_are_ablated() {
        assert_eq!(edges("5>6:mean"), Ok(Edges { edges: vec![DirectedEdge::new(5, 6)], how: Ablation::LayerMean }));
        assert!(edges("5>6:median").is_err() && edges("3").is_err() && edges("a-b").is_err() && edges("3--4").is_err());
    }

    #[test]
    fn rules_are_read_in_every_form() {
        let read = |text| rule(text).map(|rule| (rule.choice, rule.how));
        let top = |layer, head| Choice::Strongest { count: 3, layer, head };
        assert_eq!(read("top=3"), Ok((top(None, None), Ablation::Remove)));
        assert_eq!(read("top=3:layer=8:head=2:zero"), Ok((top(Some(8), Some(2)), Ablation::Zero)));
        assert_eq!(read("type=aromatic:mean"), Ok((Choice::Kind(BondKind::Aromatic), Ablation::LayerMean)));
        assert_eq!(read("random=2:seed=7"), Ok((Choice::Random { count: 2, seed: 7 }, Ablation::Remove)));
        assert_eq!(read("random=2"), Ok((Choice::Random { count: 2, seed: 41 }, Ablation::Remove)));
        assert_eq!(read("atom=5:remove"), Ok((Choice::Atom(AtomId(5)), Ablation::Remove)));
        for text in ["", "top", "top=x", "top=-1", "type=ionic", "type=double:layer=3", "atom=5:drop", "best=3"] {
            assert!(rule(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_scale_outside_its_range_is_refused() {
        assert!(unit_interval("1.01").is_err() && unit_interval("NaN").is_err());
        assert_eq!(unit_interval("0.25"), Ok(0.25));
    }
}
