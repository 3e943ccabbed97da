//! The envelope of C2SP signed-note: a text, a blank line, signature lines.

use crate::key::{NoteSigner, NoteVerifier, is_name};
use crate::text;

/// The most signature lines a note may have. C2SP signed-note asks for at least 16 to be accepted.
pub const MAX_SIGNATURES: usize = 64;

/// Bytes of the key id in front of every signature.
const KEY_ID_LEN: usize = 4;

/// Why a text is not a note that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Control characters other than the newline are not allowed.
    #[error("the note holds control characters")]
    ControlCharacter,
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
}

/// A note taken apart; nothing in it may be believed before [`Note::trusted_names`] has been asked.
pub(crate) struct Note<'a> {
    /// The signed text with its final newline.
    pub(crate) text: &'a str,
    signatures: Vec<NoteSignature<'a>>,
}

struct NoteSignature<'a> {
    name: &'a str,
    id: [u8; KEY_ID_LEN],
    signature: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Reads the form; checks no signature.
    pub(crate) fn parse(note: &'a str) -> Result<Self, NoteError> {
        if note.bytes().any(|b| b < b' ' && b != b'\n') {
            return Err(NoteError::ControlCharacter);
        }
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
}

/// Reads a note: its text with the final newline, and the names of the trusted keys that signed it, at least one. The
/// caller still has to ask whether one of these names may sign such a text.
///
/// # Errors
/// [`NoteError`]; nothing in the note may be used then.
pub fn open_note<'a>(note: &'a str, verifiers: &[NoteVerifier]) -> Result<(&'a str, Vec<&'a str>), NoteError> {
    let note = Note::parse(note)?;
    let names = note.trusted_names(verifiers)?;
    Ok((note.text, names))
}

impl<'a> NoteSignature<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = text::from_base64(encoded)?;
        let (id, signature) = bytes.split_first_chunk::<KEY_ID_LEN>()?;
        (is_name(name) && !signature.is_empty()).then(|| Self { name, id: *id, signature: signature.to_vec() })
    }
}

/// Makes a note of a text that ends with a newline.
pub fn sign_note(text: &str, signer: &NoteSigner) -> String {
    let mut signature = signer.verifier().key_id().to_vec();
    signature.extend(signer.sign(text));
    format!("{text}\n— {} {}\n", signer.name(), text::to_base64(&signature))
}
