//! What the words of the window mean: one entry per term with its equation and where that comes from, and
//! the small sign beside a word that opens it.

use super::formula;
use super::icons::{self, Icon};
use super::parts::weak;
use eframe::egui::{self, Label, Popup, PopupCloseBehavior, RichText, Ui};

/// Width of an entry beside its word, points.
const WIDTH: f32 = 400.0;

/// A word that needs explaining.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is explained by its entry")]
pub enum Term {
    DirectedEdge,
    Activation,
    Attention,
    Ratio,
    Massive,
    BatchMaximum,
    Base,
    BaseBand,
    Ebt,
    EbtScale,
    EbtCoded,
    Difference,
    Ablation,
    Clamp,
    Projections,
    Absent,
    Twins,
    LogRatio,
    GammaFit,
    Ks,
}

/// An entry.
pub(super) struct Definition {
    pub(super) term: Term,
    pub(super) name: &'static str,
    text: &'static str,
    equations: &'static [&'static str],
    source: &'static str,
}

/// All entries, in the order in which they build on each other.
pub(super) const DEFINITIONS: [Definition; 20] = [
    Definition {
        term: Term::DirectedEdge,
        name: "Directed edge",
        text: "Every bond carries two messages, one each way. In the drawing, the half of a bond beside an atom shows the edge that starts there.",
        equations: &["bond {i, j}   gives   i → j   and   j → i"],
        source: "Model specification, section 1",
    },
    Definition {
        term: Term::Activation,
        name: "Edge activation",
        text: "The score of an edge before the exponential of attention: key of the source times query of the target times projection of the bond, channel by channel. One number per channel of every head.",
        equations: &["a_{ij} = K_i · Q_j · P_{ij} / √d"],
        source: "The authors' program (the paper's equation 16 adds the bond instead); model specification, section 3.1",
    },
    Definition {
        term: Term::Attention,
        name: "Attention weight",
        text: "How much of the receiving atom's attention an edge gets, from 0 to 1. The sum runs over the channels of a head; only neighbours take part, not the atom itself.",
        equations: &["w_{ij} = exp( clamp( ∑_c a_{ijc}, −5, 5 ) )", "α_{ij} = w_{ij} / ( ∑_k w_{kj} + 10^{−6} )"],
        source: "Model specification, section 3.1",
    },
    Definition {
        term: Term::Ratio,
        name: "MA ratio",
        text: "Of one edge in one layer: the largest magnitude over the lower median magnitude of all its features. A large ratio may mean a large activation or a small median; the inspector shows both.",
        equations: &["ρ_e = max_c |a_{ec}| / med_c |a_{ec}|"],
        source: "Paper, figures 1, 2 and 4; model specification, section 5 (1)",
    },
    Definition {
        term: Term::Massive,
        name: "Massive activation",
        text: "By convention a ratio above 1000; the colour bar and the histogram have a line there. Sun et al. also ask for a magnitude above 100, which the paper's plots do not.",
        equations: &["ρ_e > 1000"],
        source: "Paper, figure 3; model specification, section 5 (4)",
    },
    Definition {
        term: Term::BatchMaximum,
        name: "Batch maximum",
        text: "The largest ratio over all edges of one molecule in one layer. Molecules are measured one by one (batch size 1).",
        equations: &["M = max_e ρ_e"],
        source: "Paper, figures 2 and 4; model specification, section 5 (2)",
    },
    Definition {
        term: Term::Base,
        name: "Trained and base",
        text: "Trained is the chosen checkpoint. Base is the same architecture before any training, from a fixed seed, in evaluation mode.",
        equations: &[],
        source: "Model specification, section 2",
    },
    Definition {
        term: Term::BaseBand,
        name: "Base band",
        text: "The range of batch maxima of the base state over all layers l and molecules m. A layer has massive activations where its trained curve rises above the band. Models with EBT also show the band of the base without EBT, as the paper does.",
        equations: &["[ min_{l,m} M_{lm} , max_{l,m} M_{lm} ]"],
        source: "Paper, figures 2 and 4; model specification, section 5 (7)",
    },
    Definition {
        term: Term::Ebt,
        name: "EBT, explicit bias term",
        text: "Learnt vectors k′, e′ and v′ per layer and head, which attention can use instead of a massive activation.",
        equations: &[
            "r_j = Q_j · k′ / √d",
            "a_{ij} = K_i · Q_j · P_{ij} / √d + r_j e′",
            "numerator of n_j:   ∑_i w_{ij} V_i + ( ∑_i w_{ij} ) v′",
        ],
        source: "Paper, equations 2 and 3; model specification, section 4",
    },
    Definition {
        term: Term::EbtScale,
        name: "EBT slider, or another checkpoint",
        text: "Two different questions. The slider scales the trained terms of the checkpoint that is chosen, from s = 1 (as trained) to 0 (off), and leaves all its other weights: a counterfactual on one set of weights. A model trained without EBT has learnt other weights altogether; to see it, choose or compare with another checkpoint. Only the second says what training with EBT changes.",
        equations: &["a_{ij} = K_i · Q_j · P_{ij} / √d + s r_j e′", "numerator of n_j:   … + s ( ∑_i w_{ij} ) v′"],
        source: "Model specification, section 4",
    },
    Definition {
        term: Term::EbtCoded,
        name: "EBT as in the paper, EBT as coded",
        text: "The authors' program computes the explicit bias of GraphiT and SAN otherwise than their paper. As in the paper: weights come from the edge score with the bias added, as in GT. As coded: the weight of an edge comes from the bias score of the receiving atom alone. All its neighbours then count alike, attention is a plain mean over them, and keys, bond types and e′ have no influence on the prediction and receive no training; massive activations are absent there by construction.",
        equations: &["as coded:   w_{ij} = exp( clamp( r_j, −5, 5 ) )"],
        source: "Paper, equations 2 and 3, against the authors' program; model specification, section 4",
    },
    Definition {
        term: Term::Difference,
        name: "Difference",
        text: "What your edits change: the number of each edge after them less the number before. Its colours have their middle at zero; lists and tooltips give the sign.",
        equations: &["Δ_e = edited_e − before_e"],
        source: "Bondscope",
    },
    Definition {
        term: Term::Ablation,
        name: "Ablation",
        text: "A directed edge can be removed, zeroed or averaged. Removed: it leaves the graph before message passing, so attention is normalised without it; it is drawn dashed. Zeroed: it stays with logit 0, and is drawn dotted. Averaged: it stays with the mean activation, feature by feature, of the edges of its layer that keep theirs (of all if none does), and bears a bar across. Where attention comes from the bias alone (EBT as coded), zeroing and averaging change what is recorded and nothing else.",
        equations: &["removed:   the edge leaves every sum", "zero:   a_{ij} = 0", "layer mean:   a_{ij} = mean_e a_e"],
        source: "Bondscope",
    },
    Definition {
        term: Term::Clamp,
        name: "Attention logit and clamp",
        text: "The sum of a head's edge activations is its attention logit, clamped to ±5 before the exponential. Where the clamp is active, the weight of an edge no longer depends on its activation, however massive; clamp saturation is the share of edges for which that is so.",
        equations: &["logit_{ij} = ∑_c a_{ijc}", "saturated:   |logit_{ij}| > 5"],
        source: "Model specification, section 3.1",
    },
    Definition {
        term: Term::Projections,
        name: "Q, K, V, P",
        text: "Query, key and value of an atom and projection of an edge; d is the number of channels of a head. They are recorded only while their switch is on.",
        equations: &["Q = W_Q x,   K = W_K x,   V = W_V x,   P = W_E e"],
        source: "Model specification, section 3.1",
    },
    Definition {
        term: Term::Absent,
        name: "Absent bond",
        text: "In a full graph every pair of atoms exchanges messages, bond or not, with projections of their own kind for pairs without a bond. Thin arcs show the strongest of them; the half beside an atom shows the edge that starts there.",
        equations: &[
            "SAN:   w_{ij} / (1 + γ) for bonds,   γ w_{ij} / (1 + γ) for absent ones",
            "GraphiT:   w_{ij} [ (I − g L)^p ]_{ij},   L = I − D^{−1/2} A D^{−1/2}",
        ],
        source: "Model specification, section 3.4",
    },
    Definition {
        term: Term::Twins,
        name: "GraphiT and SAN",
        text: "On bonds only and without encodings the two are one function: with equal weights their outputs agree exactly, and what differs between them in the paper comes from width, learning rate, batch size and chance. On full graphs they are two models.",
        equations: &[],
        source: "Model specification, section 3.3",
    },
    Definition {
        term: Term::LogRatio,
        name: "Log ratio",
        text: "Of every activation, not only the largest of an edge: its magnitude over the median of its edge, for the first 50,000 edges of a layer. Values left of −3 are massive.",
        equations: &["x = −log_{10}( |a_{ec}| / med_c |a_{ec}| + 2.2 · 10^{−16} )"],
        source: "Paper, figure 3; model specification, section 5 (3)",
    },
    Definition {
        term: Term::GammaFit,
        name: "Gamma fit",
        text: "A gamma density with shape k, location x₀ and scale θ, fitted to the log ratios by maximum likelihood. The mean log-likelihood says how well it fits.",
        equations: &["f(x) = (x − x_0)^{k−1} exp( −(x − x_0) / θ ) / ( Γ(k) θ^k )"],
        source: "Paper, figure 3; model specification, section 5 (5)",
    },
    Definition {
        term: Term::Ks,
        name: "KS statistic",
        text: "The largest distance between the distribution of the values and the fitted one. It has no p-value here, since the parameters were fitted to the same values. It may stay small although massive activations are there: look at the curves too.",
        equations: &["D = max_i max( i/n − F(x_{(i)}), F(x_{(i)}) − (i−1)/n )"],
        source: "Paper, figure 3; model specification, section 5 (6)",
    },
];

/// The entry of a term.
pub(super) fn definition(term: Term) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.term == term)
}

/// The sign beside a word; a click opens its entry there and then.
pub(super) fn ask(ui: &mut Ui, term: Term) {
    let Some(definition) = definition(term) else { return };
    let response = icons::small(ui, Icon::Help, &format!("What is this: {}", definition.name));
    let popup = Popup::menu(&response).close_behavior(PopupCloseBehavior::CloseOnClickOutside).gap(4.0);
    popup.width(WIDTH).show(|ui| {
        ui.set_max_width(WIDTH.min(ui.ctx().content_rect().width() - 30.0));
        entry(ui, definition);
    });
}

/// Name, words, equations and source.
pub(super) fn entry(ui: &mut Ui, definition: &Definition) {
    ui.label(RichText::new(definition.name).strong().color(ui.visuals().hyperlink_color));
    ui.add(Label::new(definition.text).wrap().selectable(true).halign(egui::Align::LEFT));
    if !definition.equations.is_empty() {
        let frame = egui::Frame::new().fill(ui.visuals().extreme_bg_color).corner_radius(5).inner_margin(8);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 3.0;
            for equation in definition.equations {
                let job = formula::layout(equation, ui.visuals().text_color());
                let label = ui.add(Label::new(job).wrap().halign(egui::Align::LEFT));
                let spoken = formula::spoken(equation);
                ui.ctx().accesskit_node_builder(label.id, |node| node.set_value(spoken));
            }
        });
    }
    ui.add(Label::new(weak(format!("Source: {}", definition.source)).small()).wrap().halign(egui::Align::LEFT));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_term_has_one_entry_with_words_and_a_source() {
        let terms: BTreeSet<Term> = DEFINITIONS.iter().map(|definition| definition.term).collect();
        assert_eq!(terms.len(), DEFINITIONS.len());
        for definition in &DEFINITIONS {
            assert!(!definition.text.is_empty() && !definition.source.is_empty(), "{}", definition.name);
            for equation in definition.equations {
                let (open, close) = (equation.matches('{').count(), equation.matches('}').count());
                assert_eq!(open, close, "{equation}");
            }
        }
    }
}
