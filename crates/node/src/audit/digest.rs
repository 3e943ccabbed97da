//! The digest over the messages of an answer, computed while they pass.
//!
//! With one message it is SHA-256 of the message's bytes. With each further message it becomes SHA-256 over itself followed by
//! SHA-256 of that message, so that neither order nor borders of the messages can be told otherwise.

use ledger::{Hash, body_digest};
use sha2::{Digest as _, Sha256};

/// Flag and length before a message (gRPC over HTTP/2, "Length-Prefixed-Message").
const PREFIX: usize = 5;

/// What was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// Messages.
    pub count: u64,
    /// The digest over them; none without a message.
    pub digest: Option<Hash>,
}

impl Answered {
    /// What was answered when this message is answered too.
    #[must_use]
    pub fn and(self, message: Hash) -> Self {
        let digest = match self.digest {
            None => message,
            Some(before) => body_digest(&[before.as_bytes().as_slice(), message.as_bytes()].concat()),
        };
        Self { count: self.count + 1, digest: Some(digest) }
    }
}

/// Reads the bytes of an answer's body as they pass.
#[derive(Clone, Debug, Default)]
pub struct AnswerDigest {
    answered: Answered,
    prefix: Vec<u8>,
    /// The message under way, and its bytes to come.
    message: Option<(Sha256, usize)>,
}

impl AnswerDigest {
    /// These bytes passed.
    pub fn pass(&mut self, mut data: &[u8]) {
        loop {
            match &mut self.message {
                None => {
                    let (taken, rest) = data.split_at((PREFIX - self.prefix.len()).min(data.len()));
                    self.prefix.extend_from_slice(taken);
                    data = rest;
                    let Some([_flag, length @ ..]) = self.prefix.first_chunk::<PREFIX>() else { return };
                    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
                    self.message = Some((Sha256::new(), length));
                    self.prefix.clear();
                }
                Some((hasher, left)) => {
                    let (taken, rest) = data.split_at((*left).min(data.len()));
                    hasher.update(taken);
                    *left -= taken.len();
                    data = rest;
                    if *left > 0 {
                        return;
                    }
                    let digest: [u8; 32] = hasher.finalize_reset().into();
                    self.answered = self.answered.and(Hash::from(digest));
                    self.message = None;
                }
            }
        }
    }

    /// The messages that passed as a whole.
    #[must_use]
    pub fn answered(&self) -> Answered {
        self.answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        [&[0], length.as_slice(), message].concat()
    }

    fn digest(bytes: &[u8], piece: usize) -> Answered {
        let mut digest = AnswerDigest::default();
        bytes.chunks(piece).for_each(|piece| digest.pass(piece));
        digest.answered()
    }

    #[test]
    fn one_message_is_its_sha256_and_several_are_a_chain_however_they_arrive() {
        let (first, second) = (body_digest(b"first"), body_digest(b""));
        let one = framed(b"first");
        let two = [one.clone(), framed(b"")].concat();
        let chained = body_digest(&[first.as_bytes().as_slice(), second.as_bytes()].concat());
        for piece in 1..=two.len() {
            assert_eq!(digest(&one, piece), Answered { count: 1, digest: Some(first) });
            assert_eq!(digest(&two, piece), Answered { count: 2, digest: Some(chained) });
            assert_eq!(digest(&two, piece), Answered::default().and(first).and(second));
        }
        assert_eq!(digest(&[], 1), Answered::default());
        assert_eq!(digest(&one[..9], 3), Answered::default(), "a message that is cut off was not answered");
    }
}
