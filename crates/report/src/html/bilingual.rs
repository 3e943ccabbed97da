//! Text in both languages on one page: the reader's choice hides one of them, without a script.

use std::fmt;

use askama::filters::{Escaper as _, Html, HtmlSafe};
use domain::Text;

/// A text in both languages; prints escaped HTML. What is the same in both stands there once.
pub(super) struct Both<'a> {
    zh: &'a str,
    en: &'a str,
}

/// Both languages of a text in a template.
pub(super) fn b<'a>(zh: &'a str, en: &'a str) -> Both<'a> {
    Both { zh, en }
}

/// Both languages of a text in the model. A text without English shows its Chinese in both.
pub(super) fn x(text: &Text) -> Both<'_> {
    let en = if text.en.is_empty() { &text.zh } else { &text.en };
    let zh = if text.zh.is_empty() { en } else { &text.zh };
    Both { zh, en }
}

impl HtmlSafe for Both<'_> {}

impl fmt::Display for Both<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.zh == self.en {
            return Html.write_escaped_str(f, self.zh);
        }
        f.write_str("<span class=\"zh\" lang=\"zh-CN\">")?;
        Html.write_escaped_str(&mut *f, self.zh)?;
        f.write_str("</span><span class=\"en\" lang=\"en\">")?;
        Html.write_escaped_str(&mut *f, self.en)?;
        f.write_str("</span>")
    }
}
