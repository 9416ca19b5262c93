//! Tokens between delimiters (Microsoft: "strtok, wcstok, _mbstok", "strtok_s").

use crate::Unit;

/// A token, by positions in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token's first unit: what the function returns.
    pub start: usize,
    /// Where a null is to be written; `None` if the text's own null ends the token.
    pub terminate: Option<usize>,
    /// Where the next call goes on: the context of `strtok_s`, the hidden state of `strtok`.
    pub next: usize,
}

/// The next token from position `from` of `text` on, which ends at its end or at a null.
///
/// `None` if only delimiters are left; the state then stays at the end of the text, so further
/// calls find nothing, too.
#[must_use]
pub fn next_token<U: Unit>(text: &[U], from: usize, delimiters: &[U]) -> Option<Token> {
    let text = crate::unit::until_null(text);
    let delimiters = crate::unit::until_null(delimiters);
    let rest = text.get(from..)?;
    let start = from + rest.iter().position(|u| !delimiters.contains(u))?;
    match text[start..].iter().position(|u| delimiters.contains(u)) {
        Some(length) => {
            let end = start + length;
            Some(Token { start, terminate: Some(end), next: end + 1 })
        }
        None => Some(Token { start, terminate: None, next: text.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str, delimiters: &str) -> Vec<String> {
        let mut units = text.as_bytes().to_vec();
        let (mut from, mut found) = (0, Vec::new());
        while let Some(token) = next_token(&units[from..], 0, delimiters.as_bytes()) {
            let start = from + token.start;
            if let Some(end) = token.terminate {
                units[from + end] = 0;
            }
            let word = crate::unit::until_null(&units[start..]);
            found.push(String::from_utf8_lossy(word).into_owned());
            from += token.next;
        }
        found
    }

    #[test]
    fn the_documented_example() {
        let text = "A string\tof ,,tokens\nand some  more tokens";
        let words = ["A", "string", "of", "tokens", "and", "some", "more", "tokens"];
        assert_eq!(tokens(text, " ,\t\n"), words);
        assert!(tokens(" , ", " ,").is_empty());
        assert!(tokens("", " ").is_empty());
        assert_eq!(tokens("whole", ""), ["whole"]);
    }
}
