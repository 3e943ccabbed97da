//! The sessions of this process, in memory: after a restart people sign in again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use tower_sessions::{
    SessionStore,
    cookie::time::OffsetDateTime,
    session::{Id, Record},
    session_store,
};

use super::SIGNED_IN;

/// Sessions at one time, so that requests without end for a sign-in do not fill the memory.
const MOST: usize = 10_000;

/// The sessions. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<Id, Record>>>);

impl Sessions {
    fn with<T>(&self, change: impl FnOnce(&mut HashMap<Id, Record>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When there are too many: those go that have ended; else, of those that only began to sign in, the one that ends first; else the
/// one that ends first of all. So whoever signed in is pushed out by others who did, never by strangers.
fn make_room(sessions: &mut HashMap<Id, Record>) {
    if sessions.len() < MOST {
        return;
    }
    let now = OffsetDateTime::now_utc();
    sessions.retain(|_, record| record.expiry_date > now);
    let order = |record: &&Record| (record.data.contains_key(SIGNED_IN), record.expiry_date);
    if sessions.len() >= MOST
        && let Some(first) = sessions.values().min_by_key(order).map(|record| record.id)
    {
        sessions.remove(&first);
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        self.with(|sessions| {
            make_room(sessions);
            while sessions.contains_key(&record.id) {
                record.id = Id::default();
            }
            sessions.insert(record.id, record.clone());
        });
        Ok(())
    }

    /// What was ended meanwhile is not begun again.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.with(|sessions| {
            if let Some(kept) = sessions.get_mut(&record.id) {
                kept.clone_from(record);
            }
        });
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let now = OffsetDateTime::now_utc();
        Ok(self.with(|sessions| sessions.get(id).filter(|record| record.expiry_date > now).cloned()))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.with(|sessions| sessions.remove(id));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tower_sessions::cookie::time::Duration;

    use super::*;

    fn record(ends_in: Duration) -> Record {
        Record { id: Id::default(), data: HashMap::new(), expiry_date: OffsetDateTime::now_utc() + ends_in }
    }

    #[tokio::test]
    async fn a_session_is_found_until_it_ends_and_not_after_it_was_ended() {
        let sessions = Sessions::default();
        let (mut lasting, mut over) = (record(Duration::minutes(1)), record(-Duration::SECOND));
        sessions.create(&mut lasting).await.unwrap();
        sessions.create(&mut over).await.unwrap();
        assert!(sessions.load(&lasting.id).await.unwrap().is_some());
        assert!(sessions.load(&over.id).await.unwrap().is_none());
        sessions.delete(&lasting.id).await.unwrap();
        assert!(sessions.load(&lasting.id).await.unwrap().is_none());
    }

    fn signed_in(ends_in: Duration) -> Record {
        Record { data: [(SIGNED_IN.to_owned(), serde_json::Value::Null)].into(), ..record(ends_in) }
    }

    #[tokio::test]
    async fn sign_ins_without_end_do_not_fill_the_memory_and_push_out_nobody_who_signed_in() {
        let sessions = Sessions::default();
        let (mut person, mut first) = (signed_in(Duration::seconds(10)), record(Duration::seconds(30)));
        sessions.create(&mut person).await.unwrap();
        sessions.create(&mut first).await.unwrap();
        for _ in 0..MOST {
            sessions.create(&mut record(Duration::minutes(1))).await.unwrap();
        }
        assert_eq!(sessions.with(|sessions| sessions.len()), MOST);
        assert!(sessions.load(&first.id).await.unwrap().is_none(), "of the strangers, the one that ends first went");
        assert!(sessions.load(&person.id).await.unwrap().is_some(), "who signed in stays");
    }

    #[tokio::test]
    async fn people_without_end_do_not_fill_the_memory() {
        let sessions = Sessions::default();
        let mut first = signed_in(Duration::seconds(30));
        sessions.create(&mut first).await.unwrap();
        for _ in 0..MOST {
            sessions.create(&mut signed_in(Duration::minutes(1))).await.unwrap();
        }
        assert_eq!(sessions.with(|sessions| sessions.len()), MOST);
        assert!(sessions.load(&first.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_session_that_was_ended_is_not_saved_again() {
        let sessions = Sessions::default();
        let mut ended = signed_in(Duration::minutes(1));
        sessions.create(&mut ended).await.unwrap();
        sessions.delete(&ended.id).await.unwrap();
        sessions.save(&ended).await.unwrap();
        assert!(sessions.load(&ended.id).await.unwrap().is_none());
    }
}
