//! Locale names that `setlocale` takes, their result texts, and the C locale's `lconv`.
//!
//! haft has two locales: C, and C's conventions with UTF-8 text. Names of other languages are
//! accepted only where they ask for UTF-8 (the conventions stay C's, which the text says); a
//! name in a legacy code page fails, as it does on Windows for an unknown name.
//!
//! Source: Microsoft, "setlocale, _wsetlocale", "UCRT Locale names, Languages, and Country/Region
//! strings", "localeconv".

/// The category numbers of Microsoft's `locale.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// `LC_ALL`.
    All = 0,
    /// `LC_COLLATE`.
    Collate = 1,
    /// `LC_CTYPE`.
    Ctype = 2,
    /// `LC_MONETARY`.
    Monetary = 3,
    /// `LC_NUMERIC`.
    Numeric = 4,
    /// `LC_TIME`.
    Time = 5,
}

impl Category {
    /// The category of a number; `None` is an invalid parameter.
    #[must_use]
    pub const fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            0 => Self::All,
            1 => Self::Collate,
            2 => Self::Ctype,
            3 => Self::Monetary,
            4 => Self::Numeric,
            5 => Self::Time,
            _ => return None,
        })
    }
}

/// The single categories with their names, in the order of `setlocale`'s combined text.
const NAMES: [(Category, &str); 5] = [
    (Category::Collate, "LC_COLLATE"),
    (Category::Ctype, "LC_CTYPE"),
    (Category::Monetary, "LC_MONETARY"),
    (Category::Numeric, "LC_NUMERIC"),
    (Category::Time, "LC_TIME"),
];

/// A locale that haft has, under the name it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocaleName(String);

impl Default for LocaleName {
    fn default() -> Self {
        Self("C".into())
    }
}

impl LocaleName {
    /// The locale of a name given to `setlocale`; `None` if there is none (`setlocale` fails).
    ///
    /// `""` is the user's default, `default`.
    #[must_use]
    pub fn parse(name: &str, default: &Self) -> Option<Self> {
        if name.is_empty() {
            return Some(default.clone());
        }
        if name == "C" || name.eq_ignore_ascii_case("POSIX") {
            return Some(Self::default());
        }
        let (language, code_page) = name.rsplit_once('.')?;
        let utf8 = ["utf8", "utf-8", "65001"].iter().any(|n| code_page.eq_ignore_ascii_case(n));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_ ".contains(c);
        if !utf8 || !language.chars().all(plain) || language.len() > 80 {
            return None;
        }
        let language = if language.is_empty() { "English_United States" } else { language };
        Some(Self(format!("{language}.utf8")))
    }

    /// The name as `setlocale` returns it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether text in the locale is UTF-8.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        self.0.ends_with(".utf8")
    }
}

/// The locale of each category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locale {
    categories: [LocaleName; 5],
}

impl Locale {
    /// The locale of a single category; of `LC_ALL`, that of `LC_CTYPE`.
    #[must_use]
    pub fn category(&self, category: Category) -> &LocaleName {
        let at = NAMES.iter().position(|(c, _)| *c == category).unwrap_or(1);
        &self.categories[at]
    }

    /// The text that `setlocale(category, NULL)` gives.
    ///
    /// For `LC_ALL` with different categories: `LC_COLLATE=C;LC_CTYPE=...;...`.
    #[must_use]
    pub fn query(&self, category: Category) -> String {
        if category != Category::All {
            return self.category(category).as_str().into();
        }
        if self.categories.iter().all(|name| *name == self.categories[0]) {
            return self.categories[0].as_str().into();
        }
        let parts =
            NAMES.iter().zip(&self.categories).map(|((_, c), n)| format!("{c}={}", n.as_str()));
        parts.collect::<Vec<_>>().join(";")
    }

    /// `setlocale(category, name)`: changes the locale and gives the text of the new one.
    ///
    /// Takes what [`Locale::query`] gives, too. `None` leaves all as it was.
    pub fn set(&mut self, category: Category, name: &str, default: &LocaleName) -> Option<String> {
        let mut changed = self.clone();
        if category == Category::All && name.starts_with("LC_") {
            for part in name.split(';').filter(|part| !part.is_empty()) {
                let (wanted, value) = part.split_once('=')?;
                let at = NAMES.iter().position(|(_, name)| *name == wanted)?;
                changed.categories[at] = LocaleName::parse(value, default)?;
            }
        } else {
            let parsed = LocaleName::parse(name, default)?;
            for ((single, _), slot) in NAMES.iter().zip(&mut changed.categories) {
                if category == Category::All || category == *single {
                    *slot = parsed.clone();
                }
            }
        }
        *self = changed;
        Some(self.query(category))
    }
}

/// The values of `struct lconv` in the C locale: all texts empty but the decimal point, all
/// numbers `CHAR_MAX` (127).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conventions {
    /// `decimal_point`.
    pub decimal_point: &'static str,
    /// Every other text: `thousands_sep`, `grouping`, `int_curr_symbol`, `currency_symbol`,
    /// `mon_decimal_point`, `mon_thousands_sep`, `mon_grouping`, `positive_sign`, `negative_sign`.
    pub other_texts: &'static str,
    /// Every number, `int_frac_digits` to `n_sign_posn`: `CHAR_MAX`, "not available".
    pub numbers: i8,
}

/// `localeconv()` in every locale haft has.
pub const CONVENTIONS: Conventions =
    Conventions { decimal_point: ".", other_texts: "", numbers: i8::MAX };

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Option<String> {
        LocaleName::parse(name, &LocaleName::default()).map(|n| n.as_str().into())
    }

    #[test]
    fn names() {
        assert_eq!(parse("C").as_deref(), Some("C"));
        assert_eq!(parse("").as_deref(), Some("C"));
        assert_eq!(parse(".UTF8").as_deref(), Some("English_United States.utf8"));
        assert_eq!(parse("en_US.UTF-8").as_deref(), Some("en_US.utf8"));
        assert_eq!(parse("en_US.1252"), None);
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn categories_change_one_by_one_and_restore_from_the_text() {
        let mut locale = Locale::default();
        let default = LocaleName::default();
        assert_eq!(locale.query(Category::All), "C");
        assert_eq!(
            locale.set(Category::Ctype, ".utf8", &default).as_deref(),
            Some("English_United States.utf8")
        );
        let text = locale.query(Category::All);
        assert_eq!(
            text,
            "LC_COLLATE=C;LC_CTYPE=English_United States.utf8;LC_MONETARY=C;LC_NUMERIC=C;LC_TIME=C"
        );
        let mut other = Locale::default();
        assert_eq!(other.set(Category::All, &text, &default), Some(text));
        assert_eq!(other, locale);
        assert_eq!(other.set(Category::All, "xx", &default), None);
        assert_eq!(other, locale);
        assert_eq!(other.set(Category::All, "C", &default).as_deref(), Some("C"));
        assert!(!other.category(Category::Ctype).is_utf8());
    }
}
