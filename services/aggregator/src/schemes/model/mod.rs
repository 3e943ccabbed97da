//! Schemes as messages: the same model as a scheme file, read and written by the descriptors of `SchemeModel` alone.
//!
//! The file and the messages have the same names, so nothing here names a field of a scheme. The conventions by which the two
//! forms differ are in [`shape`]. What a scheme may say is checked by its loader in either form: messages become a file first.

mod read;
mod shape;
mod write;

#[cfg(test)]
mod tests;

use contracts::evaluation::v1 as pb;
use domain::Text;
use evaluation::{Document, SchemeErrors, SchemeFault};
use node::projection::pool;
use prost_reflect::{DynamicMessage, MessageDescriptor};

/// The messages of a scheme file.
///
/// # Errors
/// What is wrong with its syntax, or what the messages have no place for.
pub(crate) fn of_yaml(text: &str) -> Result<pb::SchemeModel, SchemeErrors> {
    let document = Document::from_yaml(text)?;
    let read = descriptor().and_then(|of| read::message(&document, &of, ""));
    read.and_then(|message| message.transcode_to().map_err(|error| Misfit::of("", "", &error)))
        .map_err(|misfit| SchemeErrors(vec![misfit.into()]))
}

/// The scheme file of messages. It is for the loader to say whether it is a scheme.
///
/// # Errors
/// When the messages cannot be looked into, which no message of the contract does.
pub(crate) fn to_yaml(model: &pb::SchemeModel) -> Result<String, SchemeErrors> {
    let written = descriptor().and_then(|of| {
        let mut message = DynamicMessage::new(of);
        message.transcode_from(model).map_err(|error| Misfit::of("", "", &error))?;
        Ok(write::document(&message).to_yaml())
    });
    written.map_err(|misfit| SchemeErrors(vec![misfit.into()]))
}

fn descriptor() -> Result<MessageDescriptor, Misfit> {
    let name = "wufei.evaluation.v1.SchemeModel";
    pool().get_message_by_name(name).ok_or_else(|| Misfit::of("", name, &"the descriptor is missing"))
}

/// Something in a file that the messages have no place for.
#[derive(Debug)]
struct Misfit {
    path: String,
    value: String,
    rule: String,
}

impl Misfit {
    fn of(path: &str, value: &str, rule: &impl ToString) -> Self {
        Self { path: path.to_owned(), value: value.to_owned(), rule: rule.to_string() }
    }
}

impl From<Misfit> for SchemeFault {
    fn from(Misfit { path, value, rule }: Misfit) -> Self {
        let Text { zh, en } =
            Text::new(format!("不能表示为消息：{rule}"), format!("it has no form as messages: {rule}"));
        Self { path, line: None, value, rule: evaluation::Text::new(zh, en) }
    }
}
