//! How well typed letters fit a text: whole words before beginnings of words, initials and letters in
//! between. Every typed word has to be found somewhere.

/// How well a text fits, and which of its letters did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fit {
    /// Larger is better.
    pub(super) score: i32,
    /// Places of letters, ascending.
    pub(super) letters: Vec<usize>,
}

/// Fits `query` to `text`; `more` is searched for words that `text` lacks. Everything fits nothing typed.
pub(super) fn fit(query: &str, text: &str, more: &str) -> Option<Fit> {
    let letters: Vec<char> = lower(text);
    let mut fit = Fit { score: 0, letters: Vec::new() };
    let words: Vec<Vec<char>> = query.split_whitespace().map(lower).collect();
    for word in &words {
        let found = in_text(word, &letters).or_else(|| {
            let start = find(word, &lower(more))?;
            Some((if start == 0 { 30 } else { 25 }, Vec::new()))
        });
        let (score, places) = found?;
        fit.score += score;
        fit.letters.extend(places);
    }
    if !words.is_empty() {
        // Of two that fit alike the shorter one is meant.
        fit.score -= i32::try_from(letters.len() / 6).unwrap_or(i32::MAX);
    }
    fit.letters.sort_unstable();
    fit.letters.dedup();
    Some(fit)
}

/// Letters in lower case, one for one.
fn lower(text: &str) -> Vec<char> {
    text.chars().map(|letter| letter.to_lowercase().next().unwrap_or(letter)).collect()
}

fn in_text(word: &[char], text: &[char]) -> Option<(i32, Vec<usize>)> {
    let starts = starts(text);
    let run = |start: usize| (start..start + word.len()).collect::<Vec<usize>>();
    let begins = |&&start: &&usize| text.get(start..).is_some_and(|rest| rest.starts_with(word));
    let is_whole = |&start: &usize| text.get(start + word.len()).is_none_or(|next| !next.is_alphanumeric());
    let first = |start: usize| if Some(&start) == starts.first() { 10 } else { 0 };
    if let Some(&start) = starts.iter().filter(begins).find(|start| is_whole(start)) {
        return Some((120 + first(start), run(start)));
    }
    if let Some(&start) = starts.iter().find(begins) {
        return Some((100 + first(start), run(start)));
    }
    // One letter inside a word says nothing.
    if word.len() < 2 {
        return None;
    }
    let initials: Vec<char> = starts.iter().filter_map(|&start| text.get(start).copied()).collect();
    if let Some(place) = find(word, &initials) {
        return Some((80 + first(*starts.get(place)?), starts.get(place..place + word.len())?.to_vec()));
    }
    if let Some(start) = find(word, text) {
        return Some((60, run(start)));
    }
    scattered(word, text, &starts)
}

/// Letters in their order, the first at the beginning of a word, with as few left out as may be.
fn scattered(word: &[char], text: &[char], starts: &[usize]) -> Option<(i32, Vec<usize>)> {
    let from = |&start: &usize| {
        let mut places = Vec::with_capacity(word.len());
        let mut at = start;
        for letter in word {
            at += text.get(at..)?.iter().position(|known| known == letter)?;
            places.push(at);
            at += 1;
        }
        let gaps = at - start - word.len();
        (places.first() == Some(&start) && gaps <= word.len()).then_some((gaps, places))
    };
    let (gaps, places) = starts.iter().filter_map(from).min_by_key(|(gaps, _)| *gaps)?;
    Some((40 - i32::try_from(gaps).ok()?, places))
}

/// Where words begin.
fn starts(text: &[char]) -> Vec<usize> {
    let begins = |&place: &usize| {
        let before = place.checked_sub(1).and_then(|before| text.get(before));
        text.get(place).is_some_and(|letter| letter.is_alphanumeric())
            && before.is_none_or(|before| !before.is_alphanumeric())
    };
    (0..text.len()).filter(begins).collect()
}

/// Where a word stands in a text.
fn find(word: &[char], text: &[char]) -> Option<usize> {
    text.windows(word.len().max(1)).position(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(query: &str, texts: &[&'a str]) -> Option<&'a str> {
        let fits = texts.iter().filter_map(|text| Some((fit(query, text, "")?.score, *text)));
        fits.max_by_key(|(score, _)| *score).map(|(_, text)| text)
    }

    #[test]
    fn words_initials_and_parts_are_found() {
        let texts =
            ["Next layer", "Next molecule", "Previous layer", "Larger text", "Export molecule…", "Lock colour range"];
        assert_eq!(best("nl", &texts), Some("Next layer"), "initials");
        assert_eq!(best("mol exp", &texts), Some("Export molecule…"), "beginnings in any order");
        assert_eq!(best("lcr", &texts), Some("Lock colour range"));
        assert_eq!(best("ntmol", &texts), Some("Next molecule"), "letters in their order");
        assert_eq!(best("layer", &["All layers", "Layer 5"]), Some("Layer 5"), "a whole word");
        assert_eq!(best("layer 1", &["Layer 10", "Layer 1"]), Some("Layer 1"));
        assert_eq!(best("qqq", &texts), None);
    }

    #[test]
    fn letters_that_fit_are_named_and_explanations_are_searched_too() {
        assert_eq!(fit("nl", "Next layer", "").map(|fit| fit.letters), Some(vec![0, 5]));
        assert_eq!(fit("ay", "Next layer", "").map(|fit| fit.letters), Some(vec![6, 7]));
        let (named, explained) = (fit("magnify", "Magnify", ""), fit("magnify", "Larger text", "Magnify the window"));
        assert!(named.is_some_and(|named| explained.is_some_and(|explained| named.score > explained.score)));
        assert_eq!(fit("", "Anything", "").map(|fit| fit.score), Some(0));
        assert_eq!(fit("e", "Next", ""), None, "one letter inside a word");
    }
}
