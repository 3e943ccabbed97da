//! The envelope of C2SP signed-note: a text, a blank line, signature lines.

use crate::key::{KeyError, NoteSigner, NoteVerifier};
use crate::text;
use crate::vkey::{KEY_ID_LEN, is_name};

/// The most signature lines a note may have. C2SP signed-note asks for at least 16 to be accepted.
pub const MAX_SIGNATURES: usize = 64;

/// Why a text is not a note that can be signed or trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Control characters other than the newline are not allowed.
    #[error("the note holds control characters")]
    ControlCharacter,
    /// The text to be signed does not end with a newline.
    #[error("the text of a note ends with a newline")]
    Text,
    /// There is no blank line between text and signatures.
    #[error("the note has no blank line before its signatures")]
    NoSignatures,
    /// The last line has no newline: the note was cut off.
    #[error("the note does not end with a newline")]
    CutOff,
    /// A signature line is not `— name base64`.
    #[error("signature line {0} is not of the form `— name base64`")]
    SignatureLine(usize),
    /// There are more than [`MAX_SIGNATURES`] signature lines.
    #[error("the note has more than {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    /// A signature under the name and id of a trusted key is wrong: the text was changed or the signature forged.
    #[error("the signature of {0} does not fit the text")]
    BadSignature(String),
    /// No trusted key signed the note.
    #[error("the note carries no signature of a trusted key")]
    NoTrustedSignature,
    /// The key gives no signature.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Signs a text as a note. The text ends with a newline, may hold blank lines, and is readable back exactly.
///
/// ```
/// # use ledger::{NoteSigner, open_note, sign_note};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let signer = NoteSigner::generate("wufei.demo/directory", [7; 32])?;
/// let note = sign_note("{\n  \"version\": 1\n}\n", &signer)?;
/// assert_eq!(open_note(&note, &[signer.verifier()])?, "{\n  \"version\": 1\n}\n");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`NoteError::Text`], [`NoteError::ControlCharacter`], [`NoteError::Key`].
pub fn sign_note(text: &str, signer: &NoteSigner) -> Result<String, NoteError> {
    Ok(format!("{text}\n{}", signature_line(text, signer)?))
}

/// The line that signs a text, with its newline. A second line, of another key or of the other algorithm, can be put
/// under the same text with [`add_signature`].
///
/// # Errors
/// As [`sign_note`].
pub fn signature_line(text: &str, signer: &NoteSigner) -> Result<String, NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Text);
    }
    check_characters(text)?;
    Ok(format_line(signer.name(), signer.verifier().key_id(), &signer.sign(text)?))
}

/// Reads a note and returns its text when a trusted key signed it.
///
/// Signatures of unknown keys are ignored. All keys passed are trusted for whatever the text says: pass only those that
/// may sign this kind of text.
///
/// # Errors
/// [`NoteError`]; nothing in the note may be used then. One wrong signature of a trusted key spoils the note, even
/// beside a good one.
pub fn open_note<'a>(note: &'a str, verifiers: &[NoteVerifier]) -> Result<&'a str, NoteError> {
    let note = Note::parse(note)?;
    note.trusted_names(verifiers)?;
    Ok(note.text)
}

/// Adds a signature line, such as a cosignature, to a note. A line that is there already is not added again.
///
/// The line is not checked against the text: who reads the note does that, with the keys it trusts.
///
/// # Errors
/// [`NoteError`] when the note is malformed, [`NoteError::SignatureLine`] with the number the line would have when it is
/// not one line, and [`NoteError::TooManySignatures`].
pub fn add_signature(note: &str, line: &str) -> Result<String, NoteError> {
    let signatures = Note::parse(note)?.signatures;
    let at = signatures.len() + 1;
    let added = line.strip_suffix('\n').filter(|line| !line.contains('\n')).and_then(NoteSignature::parse);
    let added = added.ok_or(NoteError::SignatureLine(at))?;
    if signatures.contains(&added) {
        return Ok(note.to_owned());
    }
    if at > MAX_SIGNATURES { Err(NoteError::TooManySignatures) } else { Ok(format!("{note}{line}")) }
}

/// A note taken apart; nothing in it may be believed before its signatures have been checked.
pub(crate) struct Note<'a> {
    /// The signed text with its final newline.
    pub(crate) text: &'a str,
    signatures: Vec<NoteSignature<'a>>,
}

#[derive(PartialEq, Eq)]
struct NoteSignature<'a> {
    name: &'a str,
    id: [u8; KEY_ID_LEN],
    signature: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Reads the form; checks no signature.
    pub(crate) fn parse(note: &'a str) -> Result<Self, NoteError> {
        check_characters(note)?;
        // The text itself may hold blank lines, so the last one counts.
        let blank = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, rest) = note.split_at(blank + 1);
        let lines = rest.strip_prefix('\n').filter(|lines| !lines.is_empty()).ok_or(NoteError::NoSignatures)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::CutOff)?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        let signatures = lines
            .split('\n')
            .enumerate()
            .map(|(at, line)| NoteSignature::parse(line).ok_or(NoteError::SignatureLine(at + 1)))
            .collect::<Result<_, _>>()?;
        Ok(Self { text, signatures })
    }

    /// Names of the trusted keys that signed the text, at least one. Signatures of unknown keys are passed over, also
    /// when they share the name *or* the id with a known one, as the specification demands.
    pub(crate) fn trusted_names(&self, verifiers: &[NoteVerifier]) -> Result<Vec<&'a str>, NoteError> {
        let mut names = Vec::new();
        for signature in &self.signatures {
            let mut known =
                verifiers.iter().filter(|v| v.name() == signature.name && v.key_id() == signature.id).peekable();
            if known.peek().is_none() {
                continue;
            }
            if !known.any(|verifier| verifier.verifies(self.text, &signature.signature)) {
                return Err(NoteError::BadSignature(signature.name.to_owned()));
            }
            names.push(signature.name);
        }
        if names.is_empty() { Err(NoteError::NoTrustedSignature) } else { Ok(names) }
    }

    /// What the lines of a key carry behind the key id.
    pub(crate) fn signatures_of(&self, name: &str, id: [u8; KEY_ID_LEN]) -> impl Iterator<Item = &[u8]> {
        self.signatures.iter().filter(move |s| s.name == name && s.id == id).map(|s| s.signature.as_slice())
    }
}

impl<'a> NoteSignature<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = text::from_base64(encoded)?;
        let (id, signature) = bytes.split_first_chunk::<KEY_ID_LEN>()?;
        (is_name(name) && !signature.is_empty()).then(|| Self { name, id: *id, signature: signature.to_vec() })
    }
}

/// Writes a signature line with its newline.
pub(crate) fn format_line(name: &str, id: [u8; KEY_ID_LEN], signature: &[u8]) -> String {
    format!("— {name} {}\n", text::to_base64(&[&id, signature].concat()))
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|b| b < b' ' && b != b'\n') { Err(NoteError::ControlCharacter) } else { Ok(()) }
}
