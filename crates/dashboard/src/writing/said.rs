//! What is signed, in words: the page on which a person signs shows the content of the message, not its digest alone.

use domain::Text;

use crate::format;

/// One thing that a message says.
pub(crate) struct Said {
    pub(crate) label: Text,
    pub(crate) words: Words,
}

/// How it is printed.
pub(crate) enum Words {
    /// A line of the model, in the language of the page.
    Line(Text),
    /// What a person wrote, paragraph by paragraph.
    Paragraphs(Vec<String>),
}

impl Said {
    /// A line that is the same in both languages; a dash where there is nothing.
    pub(crate) fn line(zh: &str, en: &str, value: &str) -> Self {
        let value = if value.is_empty() { format::dash() } else { value.to_owned() };
        Self::text(zh, en, Text::new(value.clone(), value))
    }

    /// A line in two languages.
    pub(crate) fn text(zh: &str, en: &str, value: Text) -> Self {
        Self { label: Text::new(zh, en), words: Words::Line(value) }
    }

    /// What a person wrote.
    pub(crate) fn paragraphs(zh: &str, en: &str, text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Self { label: Text::new(zh, en), words: Words::Paragraphs(lines.map(str::to_owned).collect()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_shown_paragraph_by_paragraph_and_nothing_as_a_dash() {
        let Words::Paragraphs(lines) = Said::paragraphs("正文", "Text", "一\n\n 二 \n").words else {
            panic!("paragraphs")
        };
        assert_eq!(lines, ["一", "二"]);
        let Words::Line(text) = Said::line("种子", "Seed", "").words else { panic!("a line") };
        assert_eq!(text, Text::new("—", "—"));
    }
}
