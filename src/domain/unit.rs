//! Units that headers name: `IC50 [nM]`, `logS (mol/L)`, `Tm_degC`.
//!
//! Brackets hold other things than units, so what stands in them must be made of known symbols, and
//! endings without brackets are taken only where they can hardly mean anything else.

/// Symbols that units are made of, as people write them and as they are shown.
const SYMBOLS: [(&str, &str); 48] = [
    ("M", "M"),
    ("mol", "mol"),
    ("mols", "mol"),
    ("mole", "mol"),
    ("moles", "mol"),
    ("molar", "M"),
    ("g", "g"),
    ("Da", "Da"),
    ("Dalton", "Da"),
    ("L", "L"),
    ("l", "L"),
    ("litre", "L"),
    ("liter", "L"),
    ("m", "m"),
    ("Å", "Å"),
    ("A", "Å"),
    ("Angstrom", "Å"),
    ("angstrom", "Å"),
    ("bohr", "bohr"),
    ("Bohr", "bohr"),
    ("s", "s"),
    ("sec", "s"),
    ("min", "min"),
    ("h", "h"),
    ("hr", "h"),
    ("hours", "h"),
    ("d", "d"),
    ("days", "d"),
    ("eV", "eV"),
    ("J", "J"),
    ("cal", "cal"),
    ("Ha", "Ha"),
    ("Hartree", "Ha"),
    ("hartree", "Ha"),
    ("K", "K"),
    ("C", "°C"),
    ("°C", "°C"),
    ("degC", "°C"),
    ("°F", "°F"),
    ("degF", "°F"),
    ("Pa", "Pa"),
    ("bar", "bar"),
    ("atm", "atm"),
    ("V", "V"),
    ("Hz", "Hz"),
    ("D", "D"),
    ("Debye", "D"),
    ("deg", "°"),
];

/// Prefixes of symbols, as people write them and as they are shown.
const PREFIXES: [(&str, &str); 11] = [
    ("p", "p"),
    ("n", "n"),
    ("u", "µ"),
    ("µ", "µ"),
    ("μ", "µ"),
    ("m", "m"),
    ("c", "c"),
    ("d", "d"),
    ("k", "k"),
    ("M", "M"),
    ("G", "G"),
];

/// Symbols that no prefix goes with.
const BARE: [&str; 12] = ["min", "h", "hr", "hours", "d", "days", "degC", "°C", "degF", "°F", "C", "deg"];

/// Whole units that need no known symbols.
const WHOLE: [(&str, &str); 8] = [
    ("%", "%"),
    ("percent", "%"),
    ("pct", "%"),
    ("ppm", "ppm"),
    ("ppb", "ppb"),
    ("a.u.", "a.u."),
    ("au", "a.u."),
    ("arb. units", "arb. units"),
];

/// Endings after an underscore that can hardly mean anything but a unit.
const ENDINGS: [(&str, &str); 34] = [
    ("_kcal_per_mol", "kcal/mol"),
    ("_kj_per_mol", "kJ/mol"),
    ("_kcal_mol", "kcal/mol"),
    ("_kj_mol", "kJ/mol"),
    ("_kcal/mol", "kcal/mol"),
    ("_kj/mol", "kJ/mol"),
    ("_mol_per_l", "mol/L"),
    ("_mg_per_l", "mg/L"),
    ("_g_per_mol", "g/mol"),
    ("_mol_l", "mol/L"),
    ("_mg_l", "mg/L"),
    ("_mg_ml", "mg/mL"),
    ("_ug_ml", "µg/mL"),
    ("_ug_l", "µg/L"),
    ("_g_l", "g/L"),
    ("_g_mol", "g/mol"),
    ("_mol/l", "mol/L"),
    ("_mg/l", "mg/L"),
    ("_mg_kg", "mg/kg"),
    ("_mg/kg", "mg/kg"),
    ("_degc", "°C"),
    ("_celsius", "°C"),
    ("_kelvin", "K"),
    ("_degf", "°F"),
    ("_nm", "nM"),
    ("_um", "µM"),
    ("_µm", "µM"),
    ("_mev", "meV"),
    ("_ev", "eV"),
    ("_hartree", "Ha"),
    ("_debye", "D"),
    ("_percent", "%"),
    ("_pct", "%"),
    ("_dalton", "Da"),
];

/// Exponents of symbols.
const EXPONENTS: [&str; 14] = ["", "2", "3", "^2", "^3", "²", "³", "-1", "^-1", "−1", "⁻¹", "-2", "^-2", "⁻²"];

/// The name that a header gives and the unit, if it names one. The unit of a logarithm is one:
/// `logS (mol/L)` gives `log(mol/L)`.
pub fn split(header: &str) -> (&str, Option<String>) {
    let header = header.trim();
    let found = in_brackets(header).or_else(|| after_underscore(header)).or_else(|| in_words(header));
    let Some((name, unit)) = found.filter(|(name, _)| !name.is_empty()) else { return (header, None) };
    let unit = if is_logarithm(name) && !unit.starts_with("log") { format!("log({unit})") } else { unit };
    (name, Some(unit))
}

/// `name (unit)` and `name [unit]`.
fn in_brackets(header: &str) -> Option<(&str, String)> {
    let (open, close) = [('(', ')'), ('[', ']')].into_iter().find(|&(_, close)| header.ends_with(close))?;
    let inside = header.strip_suffix(close)?;
    // The brackets of `x (log(mol/L))` are those that match.
    let mut depth = 1;
    let start = inside.char_indices().rev().find(|&(_, letter)| {
        depth += i32::from(letter == close) - i32::from(letter == open);
        depth == 0
    });
    let (start, _) = start?;
    let unit = inside.get(start + open.len_utf8()..)?;
    Some((header.get(..start)?.trim_end_matches([' ', '_', ',']), normal(unit)?))
}

/// `name_unit`, for the units that are listed.
fn after_underscore(header: &str) -> Option<(&str, String)> {
    let lower = header.to_lowercase();
    // Lower case may have other lengths, of letters that occur in no ending.
    let (ending, unit) = ENDINGS.iter().find(|(ending, _)| {
        lower.ends_with(ending) && header.is_char_boundary(header.len().saturating_sub(ending.len()))
    })?;
    Some((header.get(..header.len().saturating_sub(ending.len()))?, (*unit).to_owned()))
}

/// `name in mols per litre` and `name, kJ/mol`.
fn in_words(header: &str) -> Option<(&str, String)> {
    let (name, unit) = header.rsplit_once(" in ").or_else(|| header.rsplit_once(", "))?;
    // A lone letter is more likely a label.
    Some((name, normal(unit).filter(|_| unit.chars().count() > 1)?))
}

/// A unit as it is shown, if it is made of known symbols.
fn normal(unit: &str) -> Option<String> {
    let unit = unit.trim();
    if let Some((_, shown)) = WHOLE.iter().find(|(known, _)| known.eq_ignore_ascii_case(unit)) {
        return Some((*shown).to_owned());
    }
    for word in ["log10", "log", "ln"] {
        if let Some(rest) = unit.strip_prefix(word).map(str::trim) {
            let inside = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
            return Some(format!("{word}({})", normal(inside)?));
        }
    }
    let spelled = unit.replace(" per ", "/").replace(" / ", "/");
    let mut shown = String::with_capacity(spelled.len());
    for piece in spelled.split_inclusive(['/', '·', '*', ' ', '.']) {
        let (factor, sign) = match piece.char_indices().next_back() {
            Some((at, sign @ ('/' | '·' | '*' | ' ' | '.'))) => (piece.get(..at)?, Some(sign)),
            _ => (piece, None),
        };
        shown.push_str(&symbol(factor)?);
        shown.extend(sign.map(|sign| if sign == '*' || sign == '.' { '·' } else { sign }));
    }
    (!shown.ends_with(['/', '·', ' '])).then_some(shown)
}

/// One factor with its exponent, as it is shown.
fn symbol(factor: &str) -> Option<String> {
    let letters = factor.trim_end_matches(|letter: char| letter.is_ascii_digit() || "^-−⁻¹²³".contains(letter));
    let exponent = factor.get(letters.len()..).filter(|exponent| EXPONENTS.contains(exponent))?;
    let known = |name: &str| SYMBOLS.iter().find(|(known, _)| *known == name).map(|(_, shown)| *shown);
    let shown = known(letters).map(str::to_owned).or_else(|| {
        PREFIXES.iter().find_map(|(prefix, shown)| {
            let rest = letters.strip_prefix(prefix).filter(|rest| !BARE.contains(rest))?;
            Some(format!("{shown}{}", known(rest)?))
        })
    })?;
    Some(shown + exponent)
}

/// Whether the values of a column of that name are logarithms.
fn is_logarithm(name: &str) -> bool {
    let mut words = name.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| {
        word == "ln"
            || word
                .strip_prefix("log")
                .or(word.strip_prefix("Log"))
                .is_some_and(|rest| rest.chars().next().is_none_or(|next| next.is_uppercase() || next.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_are_found_in_headers() {
        let cases = [
            ("logS (mol/L)", "logS", "log(mol/L)"),
            ("IC50 [nM]", "IC50", "nM"),
            ("IC50 (uM)", "IC50", "µM"),
            ("Tm_degC", "Tm", "°C"),
            ("Tm [°C]", "Tm", "°C"),
            ("melting point (C)", "melting point", "°C"),
            ("dG (kcal mol^-1)", "dG", "kcal mol^-1"),
            ("dG_kcal_mol", "dG", "kcal/mol"),
            ("gap [eV]", "gap", "eV"),
            ("HOMO_eV", "HOMO", "eV"),
            ("dose (mg/kg/d)", "dose", "mg/kg/d"),
            ("inhibition (%)", "inhibition", "%"),
            ("solubility (log(mol/L))", "solubility", "log(mol/L)"),
            ("solubility [log mol/L]", "solubility", "log(mol/L)"),
            ("measured log solubility in mols per litre", "measured log solubility", "log(mol/L)"),
            ("clearance, mL/min/kg", "clearance", "mL/min/kg"),
            ("Ki_nM", "Ki", "nM"),
        ];
        for (header, name, unit) in cases {
            assert_eq!(split(header), (name, Some(unit.to_owned())), "{header}");
        }
    }

    #[test]
    fn other_words_are_no_units() {
        for header in [
            "target",
            "logP",
            "p_np",
            "SR-p53",
            "NR-AR",
            "activity (train)",
            "value [1]",
            "y (2)",
            "(nM)",
            "mol_id",
            "label_C",
            "x_min",
            "name, common",
            "density in water",
            "graph_deg",
            "",
            "ε(",
            "logD7.4",
            "catalogue (C1)",
            "[nM]",
            "expt",
            "measured (EXP)",
            "FreeSolv",
        ] {
            assert_eq!(split(header), (header, None), "{header}");
        }
        assert_eq!(split("catalog (nM)").1.as_deref(), Some("nM"), "no logarithm");
    }

    proptest! {
        #[test]
        fn any_header_is_answered(header in "\\PC{0,30}") {
            let (name, unit) = split(&header);
            prop_assert!(header.trim().starts_with(name));
            prop_assert!(unit.is_none() || !name.is_empty());
        }
    }
}
