//! Pages (AIP-158): sizes, and tokens that belong to one query.
//!
//! A token grants nothing: it says after which name to go on, and every page is authorised like the first. It is bound to
//! its query by a digest, so that a token of another query, or one that was edited, is refused instead of silently
//! returning something else.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{DomainError, Reason, Recorded, Text, Violation};
use prost::Message;
use sha2::{Digest, Sha256};
use store::MAX_PAGE;

/// Items of a page when the caller does not say.
pub const DEFAULT_SIZE: u32 = 100;
/// Most items of a page.
pub const MAX_SIZE: u32 = 1000;

const VERSION: u8 = 1;
const CHECK_LEN: usize = 16;

/// One page of one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most this many items.
    pub size: u32,
    /// Only items after this one; none for the first page.
    pub after: Option<String>,
    query: [u8; 32],
}

impl Page {
    /// Reads `page_size` and `page_token` of a request. `query` is the request without both, `method` its full name.
    ///
    /// # Errors
    /// [`Reason::PageSizeInvalid`] for a negative size, [`Reason::PageTokenInvalid`] for a token of another query.
    pub fn read(method: &str, query: &impl Message, page_size: i32, page_token: &str) -> Result<Self, DomainError> {
        let size = u32::try_from(page_size).map_err(|_negative| {
            Violation::new(
                "page_size",
                Reason::PageSizeInvalid,
                page_size,
                Text::new("每页条数不能为负", "page_size is not negative"),
                Text::new("请填0（默认100）至1000", "give 0 (for 100) to 1000"),
            )
        })?;
        let size = if size == 0 { DEFAULT_SIZE } else { size.min(MAX_SIZE) };
        let query = digest(method, query);
        let after = match page_token {
            "" => None,
            token => Some(open(&query, token).ok_or_else(|| {
                Violation::new(
                    "page_token",
                    Reason::PageTokenInvalid,
                    "",
                    Text::new("分页令牌不属于本次查询", "the page token does not belong to this query"),
                    Text::new("请从第一页重新查询", "start again from the first page"),
                )
            })?),
        };
        Ok(Self { size, after, query })
    }

    /// One more than the size: whether the extra item is there tells whether there is a next page.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.size.saturating_add(1)
    }

    /// Cuts the items to the page; the token names the last one, or is empty at the end.
    pub fn cut<T>(&self, items: &mut Vec<T>, name: impl Fn(&T) -> String) -> String {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        // A full page of the largest size leaves the store no room for the extra item, so its end shows one page later.
        let full = items.len() > size || (items.len() == size && self.size == MAX_SIZE);
        if !full {
            return String::new();
        }
        items.truncate(size);
        items.last().map(|last| self.token(&name(last))).unwrap_or_default()
    }

    /// The token of the page after this item.
    #[must_use]
    pub fn token(&self, last: &str) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&check(&self.query, last));
        bytes.extend_from_slice(last.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// Collects the rows of a page that the caller sees. Rows are read until the page is full, so that neither a short page nor a
/// token tells of a row that was left out.
#[derive(Clone, Debug)]
pub struct Sieve<T> {
    after: Option<String>,
    wanted: usize,
    asked: u32,
    found: Vec<Recorded<T>>,
    done: bool,
}

impl<T> Sieve<T> {
    /// None yet.
    #[must_use]
    pub fn new(page: &Page) -> Self {
        let asked = page.limit().min(MAX_PAGE);
        let wanted = usize::try_from(asked).unwrap_or(usize::MAX);
        Self { after: page.after.clone(), wanted, asked, found: Vec::new(), done: false }
    }

    /// After which name to read on, and how many rows; none when there are enough, or no more.
    #[must_use]
    pub fn next(&mut self) -> Option<(Option<String>, u32)> {
        if self.done || self.found.len() >= self.wanted {
            return None;
        }
        Some((self.after.clone(), self.asked))
    }

    /// Takes what was read.
    pub fn take(&mut self, records: Vec<Recorded<T>>, sees: impl Fn(&Recorded<T>) -> bool) {
        self.done = u32::try_from(records.len()).is_ok_and(|read| read < self.asked);
        self.after = records.last().map(|record| record.name.to_string());
        self.found.extend(records.into_iter().filter(sees));
        // Most rows are not seen when there is a second time.
        self.asked = MAX_PAGE;
    }

    /// The page, and the token of the next.
    #[must_use]
    pub fn cut(self, page: &Page) -> (Vec<Recorded<T>>, String) {
        let mut found = self.found;
        let token = page.cut(&mut found, |record| record.name.to_string());
        (found, token)
    }
}

fn open(query: &[u8; 32], token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (version, rest) = bytes.split_first()?;
    let (found, last) = rest.split_at_checked(CHECK_LEN)?;
    let last = std::str::from_utf8(last).ok()?;
    (*version == VERSION && found == check(query, last)).then(|| last.to_owned())
}

fn check(query: &[u8; 32], last: &str) -> [u8; CHECK_LEN] {
    let mut check = [0; CHECK_LEN];
    let digest = Sha256::new().chain_update(b"wufei page v1\n").chain_update(query).chain_update(last).finalize();
    check.copy_from_slice(&digest[..CHECK_LEN]);
    check
}

fn digest(method: &str, query: &impl Message) -> [u8; 32] {
    let digest = Sha256::new().chain_update(method).chain_update(b"\n").chain_update(query.encode_to_vec());
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use contracts::exchange::v1::{ListObservationsRequest, ListStatementsRequest};
    use proptest::prelude::*;

    use super::*;

    fn query(parent: &str) -> ListObservationsRequest {
        ListObservationsRequest { parent: parent.to_owned(), ..Default::default() }
    }

    fn read(query: &ListObservationsRequest, size: i32, token: &str) -> Result<Page, Reason> {
        Page::read("m", query, size, token).map_err(|error| error.reason)
    }

    #[test]
    fn zero_means_a_hundred_and_nothing_exceeds_a_thousand() {
        for (asked, given) in [(0, 100), (1, 1), (1000, 1000), (1001, 1000), (i32::MAX, 1000)] {
            assert_eq!(read(&query("departments/-"), asked, "").unwrap().size, given);
        }
        assert_eq!(read(&query("departments/-"), -1, "").unwrap_err(), Reason::PageSizeInvalid);
    }

    #[test]
    fn a_token_of_another_query_or_method_is_refused() {
        let token = read(&query("departments/-"), 1, "").unwrap().token("x");
        assert_eq!(read(&query("departments/-"), 7, &token).unwrap().after.as_deref(), Some("x"));
        assert_eq!(read(&query("departments/ecology"), 1, &token), Err(Reason::PageTokenInvalid));
        let other = ListStatementsRequest { parent: "departments/-".to_owned(), ..Default::default() };
        assert!(Page::read("n", &other, 1, &token).is_err());
    }

    #[test]
    fn the_last_page_has_no_token() {
        let page = read(&query("departments/-"), 2, "").unwrap();
        let mut items = vec!["a", "b"];
        assert_eq!(page.cut(&mut items, ToString::to_string), "");
        let mut items = vec!["a", "b", "c"];
        let token = page.cut(&mut items, ToString::to_string);
        assert_eq!(items, ["a", "b"]);
        let page = read(&query("departments/-"), 1000, "").unwrap();
        assert_ne!(page.cut(&mut vec!["a"; 1000], ToString::to_string), "");
        assert_eq!(page.cut(&mut vec!["a"; 999], ToString::to_string), "");
        assert_eq!(read(&query("departments/-"), 2, &token).unwrap().after.as_deref(), Some("b"));
    }

    proptest! {
        #[test]
        fn an_edited_token_is_refused(last in "[a-z/-]{1,40}", at in 0_usize..40, to in any::<char>()) {
            let page = read(&query("departments/-"), 1, "").unwrap();
            let token = page.token(&last);
            let mut edited: Vec<char> = token.chars().collect();
            let at = at % edited.len();
            edited[at] = to;
            let edited: String = edited.into_iter().collect();
            prop_assume!(edited != token);
            prop_assert_eq!(read(&query("departments/-"), 1, &edited), Err(Reason::PageTokenInvalid));
        }
    }
}
