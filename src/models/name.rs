//! Names of networks: words that stand for a specification, and a specification in words.

use super::Initial;
use super::features::Features;
use super::spec::{Arch, Connectivity, Ebt, Encoding, ModelSpec, SpecError};

/// The words that a name may be made of after its architecture, in groups of which a name has at most one.
pub const NAME_WORDS: &str = "ebt or code (EBT as in the paper or as coded); bias (projection biases); constant, ogb or \
    canonical (features); full or learned (full graph, gamma fixed or learned); laplacian, lpe, walk or degree \
    (encodings); base at the end; xavier for that initial state";

impl ModelSpec {
    /// The network that a name such as `gt-ebt-base` or `graphit-ogb-full-base` stands for, with its initial
    /// state: an architecture and any of [`NAME_WORDS`], `base` among them. `None` if it is no such name.
    ///
    /// # Errors
    /// A network that cannot be, or words that exclude each other.
    pub fn named(name: &str) -> Option<Result<(Self, Initial), SpecError>> {
        let mut words = name.split('-');
        let arch = words.next().and_then(|word| Arch::ALL.into_iter().find(|arch| arch.name() == word))?;
        let words: Vec<&str> = words.collect();
        let known = |word: &&str| GROUPS.iter().any(|group| group.contains(word));
        if !words.contains(&"base") || !words.iter().all(known) {
            return None;
        }
        Some(from_words(arch, &words))
    }

    /// What kind of network it is, in a few words: `GraphiT, EBT as coded, full graph`.
    pub fn kind(&self) -> String {
        let mut words = vec![self.arch.title().to_owned()];
        match self.ebt {
            Ebt::Off if self.use_bias => words.push("projection biases".to_owned()),
            Ebt::Off => {}
            Ebt::Paper if self.arch == Arch::Gt => words.push("EBT".to_owned()),
            Ebt::Paper => words.push("EBT as in the paper".to_owned()),
            Ebt::Code => words.push("EBT as coded".to_owned()),
        }
        match self.connectivity {
            Connectivity::Sparse => {}
            Connectivity::Kernel { .. } => words.push("full graph with random-walk kernel".to_owned()),
            Connectivity::Gamma { gamma } => words.push(format!("full graph with gamma {gamma}")),
            Connectivity::LearnedGamma => words.push("full graph with learned gamma".to_owned()),
        }
        match self.encoding {
            Encoding::Off => {}
            Encoding::Laplacian { .. } => words.push("Laplacian encoding".to_owned()),
            Encoding::Learned { .. } => words.push("learned encoding".to_owned()),
            Encoding::RandomWalk { .. } => words.push("random-walk encoding".to_owned()),
            Encoding::Degree { .. } => words.push("degree encoding".to_owned()),
        }
        if self.features != Features::Zinc {
            words.push(self.features.title().to_owned());
        }
        words.join(", ")
    }

    /// Whether another network is of the other name but, apart from its size and weights, the same
    /// function: GraphiT and SAN are in sparse mode without encodings (model-spec section 3.3).
    pub fn is_twin_of(&self, other: &Self) -> bool {
        let either = |spec: &Self| matches!(spec.arch, Arch::Graphit | Arch::San);
        self.arch != other.arch
            && either(self)
            && either(other)
            && self.connectivity == Connectivity::Sparse
            && Self { arch: other.arch, layers: 1, heads: 1, dim: 4, ..self.clone() }
                == Self { layers: 1, heads: 1, dim: 4, ..other.clone() }
    }
}

/// Words of which a name has at most one, each once. `code` and `learned` say more than `ebt` and `full`, so
/// they may stand beside them.
const GROUPS: [&[&str]; 9] = [
    &["ebt"],
    &["code"],
    &["bias"],
    &["constant", "ogb", "canonical"],
    &["full"],
    &["learned"],
    &["laplacian", "lpe", "walk", "degree"],
    &["base"],
    &["xavier"],
];

fn from_words(arch: Arch, words: &[&str]) -> Result<(ModelSpec, Initial), SpecError> {
    for group in GROUPS {
        if words.iter().filter(|word| group.contains(word)).count() > 1 {
            return Err(SpecError::Combination("its name has two words of one kind: leave one out"));
        }
    }
    let has = |word: &str| words.contains(&word);
    let ebt = match (has("ebt"), has("code")) {
        (_, true) => Ebt::Code,
        (true, false) => Ebt::Paper,
        (false, false) => Ebt::Off,
    };
    let features = match () {
        () if has("ogb") => Features::Ogb,
        () if has("canonical") => Features::Canonical,
        () if has("constant") => Features::ZincConstant,
        () => Features::Zinc,
    };
    let recipe = ModelSpec::recipe(arch, features, ebt);
    let spec = ModelSpec {
        use_bias: recipe.use_bias || has("bias"),
        connectivity: match (has("learned"), has("full")) {
            (true, _) => Connectivity::LearnedGamma,
            (false, true) => Connectivity::full(arch),
            (false, false) => Connectivity::Sparse,
        },
        encoding: match () {
            () if has("laplacian") => Encoding::LAPLACIAN,
            () if has("lpe") => Encoding::LEARNED,
            () if has("walk") => Encoding::RANDOM_WALK,
            () if has("degree") => Encoding::DEGREE,
            () => Encoding::Off,
        },
        ..recipe
    };
    spec.validate()?;
    Ok((spec, if has("xavier") { Initial::Xavier } else { Initial::Framework }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> ModelSpec {
        ModelSpec::named(name).unwrap().unwrap().0
    }

    #[test]
    fn names_stand_for_networks() {
        let (spec, initial) = ModelSpec::named("graphit-ebt-code-base-xavier").unwrap().unwrap();
        assert_eq!((spec.arch, spec.ebt, initial), (Arch::Graphit, Ebt::Code, Initial::Xavier));
        assert_eq!(spec.kind(), "GraphiT, EBT as coded");
        assert_eq!(named("san-full-learned-base").connectivity, Connectivity::LearnedGamma);
        assert_eq!(named("gt-walk-base").encoding, Encoding::RANDOM_WALK);
        for word in GROUPS.concat() {
            assert!(NAME_WORDS.contains(word), "{word} is not listed");
        }
    }

    #[test]
    fn what_cannot_be_says_why_and_other_names_are_none() {
        for none in ["gt", "gt-ebt", "gat-base", "gt-base-odd", "gt-zinc", ""] {
            assert_eq!(ModelSpec::named(none), None, "{none}");
        }
        for (name, word) in [
            ("gt-full-base", "GT has no full-graph mode"),
            ("san-ebt-full-base", "explicit bias in full-graph mode"),
            ("graphit-learned-base", "random-walk kernel"),
            ("gt-ebt-code-base", "choose `paper`"),
            ("gt-canonical-lpe-base", "no room"),
            ("san-ogb-canonical-base", "two words"),
            ("san-base-base", "two words"),
        ] {
            let message = ModelSpec::named(name).unwrap().unwrap_err().to_string();
            assert!(message.contains(word), "{name}: {message}");
        }
    }

    #[test]
    fn graphit_and_san_are_twins_only_where_nothing_tells_them_apart() {
        assert!(named("graphit-base").is_twin_of(&named("san-base")));
        assert!(!named("graphit-full-base").is_twin_of(&named("san-full-base")));
        assert!(!named("graphit-base").is_twin_of(&named("san-walk-base")));
        assert!(!named("gt-base").is_twin_of(&named("san-base")));
    }
}
