//! What this program was built from: one text for `--version` and the About page, so that a report of a
//! fault names the build.

use std::sync::LazyLock;

/// The version and, where git knew it, the commit: `0.1.0 (1a2b3c4d5e6f, 2026-11-21)`.
pub fn version() -> String {
    let (commit, date) = (env!("BONDSCOPE_COMMIT"), env!("BONDSCOPE_DATE"));
    let place = if commit.is_empty() { String::new() } else { format!(" ({commit}, {date})") };
    format!("{}{place}", env!("CARGO_PKG_VERSION"))
}

/// Compiler, target and libraries, each with its name.
pub fn facts() -> [(&'static str, String); 5] {
    [
        ("compiler", env!("BONDSCOPE_RUSTC").to_owned()),
        ("target", format!("{}, {}", env!("BONDSCOPE_TARGET"), env!("BONDSCOPE_PROFILE"))),
        ("burn", format!("{} ({})", env!("BONDSCOPE_BURN"), env!("BONDSCOPE_BURN_FEATURES"))),
        ("wgpu", env!("BONDSCOPE_WGPU").to_owned()),
        ("egui", env!("BONDSCOPE_EGUI").to_owned()),
    ]
}

/// All of it, a line each.
pub fn all() -> &'static str {
    static ALL: LazyLock<String> = LazyLock::new(|| {
        let lines = facts().map(|(name, fact)| format!("\n{name:<9} {fact}"));
        version() + &lines.concat()
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_names_its_parts() {
        assert!(version().starts_with(env!("CARGO_PKG_VERSION")));
        for (name, fact) in facts() {
            assert!(!fact.is_empty() && !fact.starts_with("unknown"), "{name}: {fact}");
        }
        assert!(facts()[2].1.contains("flex") && all().lines().count() == 6);
    }
}
