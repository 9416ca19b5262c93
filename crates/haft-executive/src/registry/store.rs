//! The registry's keys and values in a database.
//!
//! Names are kept as they were written, and folded for looking them up: big-endian UTF-16 in upper
//! case, which sorts as registry keys are enumerated.

use haft_abi::{NtStatus, wide};
use haft_crt::ctype::upcase_name;
use haft_object::security::SecurityDescriptor;
use haft_wire::registry::{KeyInformation, NewKey};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, params};
use std::path::Path;
use std::time::Duration;

/// The row of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyRow(pub i64);

impl KeyRow {
    /// `\Registry\Machine`.
    pub const MACHINE: Self = Self(1);
    /// `\Registry\User`.
    pub const USERS: Self = Self(2);
}

/// A key's descriptor; `None` for what every key has.
pub type Protection = Option<SecurityDescriptor>;

/// A value as it is kept.
pub struct Value {
    /// Its name, as it was first written.
    pub name: Vec<u16>,
    /// Its type.
    pub kind: u32,
    /// Its data.
    pub data: Vec<u8>,
}

/// The registry's database.
pub struct Store {
    database: Connection,
    /// What the session's volatile keys are marked with.
    session: String,
}

const SCHEMA: &str = "
    CREATE TABLE keys(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        parent INTEGER REFERENCES keys(id) ON DELETE CASCADE,
        folded BLOB NOT NULL,
        name BLOB NOT NULL,
        class BLOB NOT NULL,
        written INTEGER NOT NULL,
        session TEXT,
        security BLOB,
        UNIQUE(parent, folded)
    ) STRICT;
    CREATE TABLE key_values(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key INTEGER NOT NULL REFERENCES keys(id) ON DELETE CASCADE,
        folded BLOB NOT NULL,
        name BLOB NOT NULL,
        kind INTEGER NOT NULL,
        data BLOB NOT NULL,
        UNIQUE(key, folded)
    ) STRICT;
    INSERT INTO keys(id, parent, folded, name, class, written)
        VALUES (1, NULL, x'', x'', x'', 0), (2, NULL, x'', x'', x'', 0);
    PRAGMA user_version = 2;
";

/// From the first version to the second.
const SECURITY: &str = "
    ALTER TABLE keys ADD COLUMN security BLOB;
    PRAGMA user_version = 2;
";

fn failed(error: rusqlite::Error) -> NtStatus {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => NtStatus::DISK_FULL,
        Some(rusqlite::ErrorCode::OutOfMemory) => NtStatus::NO_MEMORY,
        // Another session's executive writes.
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
            NtStatus::RETRY
        }
        Some(rusqlite::ErrorCode::ReadOnly) => NtStatus::ACCESS_DENIED,
        _ => NtStatus::REGISTRY_IO_FAILED,
    }
}

fn folded(name: &[u16]) -> Vec<u8> {
    name.iter().flat_map(|&unit| upcase_name(unit).to_be_bytes()).collect()
}

impl Store {
    /// The registry in memory, gone with its owner.
    ///
    /// # Errors
    /// `NO_MEMORY`.
    pub fn in_memory(session: &str) -> Result<Self, NtStatus> {
        Self::prepare(Connection::open_in_memory().map_err(failed)?, session)
    }

    /// The registry in a file, which is made if it is not there.
    ///
    /// # Errors
    /// `ACCESS_DENIED` where that cannot be written, `DISK_FULL`, `REGISTRY_IO_FAILED` for a file
    /// that is no registry of haft's; `RETRY` while another session writes.
    pub fn open(file: &Path, session: &str) -> Result<Self, NtStatus> {
        // One thread alone uses it.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(file, flags).map_err(failed)?;
        database.busy_timeout(Duration::ZERO).map_err(failed)?;
        // Whoever is killed leaves whole transactions behind; a loss of power may take the last
        // ones, and never half of one.
        database.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        database.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        Self::prepare(database, session)
    }

    fn prepare(mut database: Connection, session: &str) -> Result<Self, NtStatus> {
        // The executive waits for nobody: what finds another session writing is tried again.
        database.busy_timeout(Duration::ZERO).map_err(failed)?;
        database.pragma_update(None, "foreign_keys", true).map_err(failed)?;
        let change = database
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed)?;
        let version: u32 =
            change.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
        match version {
            0 => {
                change.execute_batch(SCHEMA).map_err(failed)?;
                super::defaults::fill(&change)?;
            }
            1 => change.execute_batch(SECURITY).map_err(failed)?,
            2 => {}
            // A later haft has made it.
            _ => return Err(NtStatus::REGISTRY_IO_FAILED),
        }
        // Those of a session of this name that has ended.
        change.execute("DELETE FROM keys WHERE session = ?1", [session]).map_err(failed)?;
        change.commit().map_err(failed)?;
        Ok(Self { database, session: session.to_owned() })
    }

    fn change<R>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        let behavior = rusqlite::TransactionBehavior::Immediate;
        let change = self.database.transaction_with_behavior(behavior).map_err(failed)?;
        let result = work(&change)?;
        change.commit().map_err(failed)?;
        Ok(result)
    }

    /// A subkey.
    ///
    /// # Errors
    /// `OBJECT_NAME_NOT_FOUND`, `REGISTRY_IO_FAILED`.
    pub fn find(&self, parent: KeyRow, name: &[u16]) -> Result<KeyRow, NtStatus> {
        find_or_none(&self.database, parent, name)?.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)
    }

    /// A key by a path below another, of which those that are missing are made; whether the last
    /// one was there. How each is protected says `protection`, of the key above, and whether it is the
    /// last one.
    ///
    /// # Errors
    /// `KEY_DELETED` below a key that is gone; `CHILD_MUST_BE_VOLATILE` for a lasting key below a
    /// volatile one; those of `protection`; as for [`Store::open`].
    pub fn create(
        &mut self,
        at: KeyRow,
        path: &[&[u16]],
        new: &NewKey,
        protection: impl Fn(Option<&SecurityDescriptor>, bool) -> Result<Protection, NtStatus>,
    ) -> Result<(KeyRow, bool), NtStatus> {
        let session = new.volatile.then(|| self.session.clone());
        self.change(|change| {
            let (mut key, mut existed) = (at, true);
            for (number, name) in path.iter().enumerate() {
                let found = find_or_none(change, key, name)?;
                existed = found.is_some();
                key = match found {
                    Some(found) => found,
                    None => {
                        let last = number + 1 == path.len();
                        let class = if last { new.class.as_slice() } else { &[] };
                        let protection = protection(security(change, key)?.as_ref(), last)?;
                        let made = insert(change, key, name, class, session.as_deref())?;
                        if let Some(protection) = protection {
                            set_security(change, made, &protection)?;
                        }
                        made
                    }
                };
            }
            Ok((key, existed))
        })
    }

    /// The descriptor of a key, where it has one of its own.
    ///
    /// # Errors
    /// `KEY_DELETED`, `REGISTRY_IO_FAILED`.
    pub fn security(&self, key: KeyRow) -> Result<Protection, NtStatus> {
        security(&self.database, key)
    }

    /// Gives a key a descriptor.
    ///
    /// # Errors
    /// `KEY_DELETED`; as for [`Store::open`].
    pub fn protect(&mut self, key: KeyRow, by: &SecurityDescriptor) -> Result<(), NtStatus> {
        self.change(|change| set_security(change, key, by))
    }

    /// Removes a key.
    ///
    /// # Errors
    /// `CANNOT_DELETE` for one that has subkeys, and for the two roots; `KEY_DELETED`.
    pub fn delete(&mut self, key: KeyRow) -> Result<(), NtStatus> {
        self.change(|change| {
            let has_subkeys: bool = change
                .prepare_cached("SELECT EXISTS(SELECT 1 FROM keys WHERE parent = ?1)")
                .and_then(|mut query| query.query_row([key.0], |row| row.get(0)))
                .map_err(failed)?;
            if has_subkeys || key == KeyRow::MACHINE || key == KeyRow::USERS {
                return Err(NtStatus::CANNOT_DELETE);
            }
            let removed = change.execute("DELETE FROM keys WHERE id = ?1", [key.0]);
            existing(removed.map_err(failed)?)
        })
    }

    /// The path of a key in the namespace: `\REGISTRY\MACHINE\...`.
    ///
    /// # Errors
    /// `KEY_DELETED`, `REGISTRY_IO_FAILED`.
    pub fn path(&self, key: KeyRow) -> Result<String, NtStatus> {
        let mut names = Vec::new();
        let mut at = key;
        let root = loop {
            match at {
                KeyRow::MACHINE => break r"\REGISTRY\MACHINE",
                KeyRow::USERS => break r"\REGISTRY\USER",
                _ => {}
            }
            let found = self
                .database
                .prepare_cached("SELECT parent, name FROM keys WHERE id = ?1")
                .and_then(|mut query| {
                    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                    query.query_row([at.0], row).optional()
                });
            let (parent, name): (i64, Vec<u8>) =
                found.map_err(failed)?.ok_or(NtStatus::KEY_DELETED)?;
            names.push(wide::to_string(&wide::from_le_bytes(&name)));
            at = KeyRow(parent);
        };
        Ok(names.iter().rev().fold(root.to_owned(), |path, name| path + "\\" + name))
    }

    /// What is known of a key.
    ///
    /// # Errors
    /// `KEY_DELETED`, `REGISTRY_IO_FAILED`.
    pub fn information(&self, key: KeyRow) -> Result<KeyInformation, NtStatus> {
        const QUERY: &str = "
            SELECT name, class, written,
                (SELECT count(*) FROM keys WHERE parent = ?1),
                (SELECT coalesce(max(length(name)), 0) FROM keys WHERE parent = ?1),
                (SELECT coalesce(max(length(class)), 0) FROM keys WHERE parent = ?1),
                (SELECT count(*) FROM key_values WHERE key = ?1),
                (SELECT coalesce(max(length(name)), 0) FROM key_values WHERE key = ?1),
                (SELECT coalesce(max(length(data)), 0) FROM key_values WHERE key = ?1)
            FROM keys WHERE id = ?1";
        let mut query = self.database.prepare_cached(QUERY).map_err(failed)?;
        let found = query.query_row([key.0], |row| {
            Ok(KeyInformation {
                name: wide::from_le_bytes(&row.get::<_, Vec<u8>>(0)?),
                class: wide::from_le_bytes(&row.get::<_, Vec<u8>>(1)?),
                written: row.get(2)?,
                subkeys: row.get(3)?,
                longest_subkey: row.get(4)?,
                longest_class: row.get(5)?,
                values: row.get(6)?,
                longest_value_name: row.get(7)?,
                longest_data: row.get(8)?,
            })
        });
        found.optional().map_err(failed)?.ok_or(NtStatus::KEY_DELETED)
    }

    /// The name, class and time of a subkey.
    ///
    /// # Errors
    /// `NO_MORE_ENTRIES` behind the last one, `KEY_DELETED`, `REGISTRY_IO_FAILED`.
    pub fn subkey(&self, key: KeyRow, index: u32) -> Result<(Vec<u16>, Vec<u16>, i64), NtStatus> {
        const QUERY: &str = "SELECT name, class, written FROM keys WHERE parent = ?1
            ORDER BY folded LIMIT 1 OFFSET ?2";
        let mut query = self.database.prepare_cached(QUERY).map_err(failed)?;
        let found = query.query_row(params![key.0, index], |row| {
            let text =
                |at| row.get::<_, Vec<u8>>(at).map(|bytes: Vec<u8>| wide::from_le_bytes(&bytes));
            Ok((text(0)?, text(1)?, row.get(2)?))
        });
        match found.optional().map_err(failed)? {
            Some(found) => Ok(found),
            None => self.exists(key).and(Err(NtStatus::NO_MORE_ENTRIES)),
        }
    }

    fn exists(&self, key: KeyRow) -> Result<(), NtStatus> {
        exists(&self.database, key)
    }

    /// A value by its name.
    ///
    /// # Errors
    /// `OBJECT_NAME_NOT_FOUND`, `KEY_DELETED`, `REGISTRY_IO_FAILED`.
    pub fn value(&self, key: KeyRow, name: &[u16]) -> Result<Value, NtStatus> {
        const QUERY: &str =
            "SELECT name, kind, data FROM key_values WHERE key = ?1 AND folded = ?2";
        match value(&self.database, QUERY, params![key.0, folded(name)])? {
            Some(value) => Ok(value),
            None => self.exists(key).and(Err(NtStatus::OBJECT_NAME_NOT_FOUND)),
        }
    }

    /// A value by its place.
    ///
    /// # Errors
    /// `NO_MORE_ENTRIES` behind the last one, `KEY_DELETED`, `REGISTRY_IO_FAILED`.
    pub fn value_at(&self, key: KeyRow, index: u32) -> Result<Value, NtStatus> {
        const QUERY: &str = "SELECT name, kind, data FROM key_values WHERE key = ?1
            ORDER BY id LIMIT 1 OFFSET ?2";
        match value(&self.database, QUERY, params![key.0, index])? {
            Some(value) => Ok(value),
            None => self.exists(key).and(Err(NtStatus::NO_MORE_ENTRIES)),
        }
    }

    /// Sets a value.
    ///
    /// # Errors
    /// `KEY_DELETED`; as for [`Store::open`].
    pub fn set(
        &mut self,
        key: KeyRow,
        name: &[u16],
        kind: u32,
        data: &[u8],
    ) -> Result<(), NtStatus> {
        self.change(|change| {
            exists(change, key)?;
            set(change, key, name, kind, data)?;
            touch(change, key)
        })
    }

    /// Removes a value.
    ///
    /// # Errors
    /// `OBJECT_NAME_NOT_FOUND`, `KEY_DELETED`; as for [`Store::open`].
    pub fn delete_value(&mut self, key: KeyRow, name: &[u16]) -> Result<(), NtStatus> {
        self.change(|change| {
            exists(change, key)?;
            let removed = change
                .prepare_cached("DELETE FROM key_values WHERE key = ?1 AND folded = ?2")
                .and_then(|mut delete| delete.execute(params![key.0, folded(name)]))
                .map_err(failed)?;
            if removed == 0 {
                return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
            }
            touch(change, key)
        })
    }

    /// Has everything be in the file itself.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn flush(&self) -> Result<(), NtStatus> {
        self.database.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).map_err(failed)
    }
}

fn security(database: &Connection, key: KeyRow) -> Result<Protection, NtStatus> {
    let found: Option<Option<Vec<u8>>> = database
        .prepare_cached("SELECT security FROM keys WHERE id = ?1")
        .and_then(|mut query| query.query_row([key.0], |row| row.get(0)).optional())
        .map_err(failed)?;
    let bytes = found.ok_or(NtStatus::KEY_DELETED)?;
    // Who else writes to the file may have written anything.
    let parsed = bytes.map(|bytes| SecurityDescriptor::from_bytes(&bytes)).transpose();
    parsed.map_err(|_| NtStatus::REGISTRY_IO_FAILED)
}

fn set_security(
    database: &Connection,
    key: KeyRow,
    by: &SecurityDescriptor,
) -> Result<(), NtStatus> {
    let set = database
        .prepare_cached("UPDATE keys SET security = ?2 WHERE id = ?1")
        .and_then(|mut update| update.execute(params![key.0, by.to_bytes()]));
    existing(set.map_err(failed)?)
}

fn existing(rows: usize) -> Result<(), NtStatus> {
    if rows == 0 { Err(NtStatus::KEY_DELETED) } else { Ok(()) }
}

fn exists(database: &Connection, key: KeyRow) -> Result<(), NtStatus> {
    let found = database
        .prepare_cached("SELECT 1 FROM keys WHERE id = ?1")
        .and_then(|mut query| query.exists([key.0]));
    existing(usize::from(found.map_err(failed)?))
}

/// A subkey, if it is there.
pub(super) fn find_or_none(
    database: &Connection,
    parent: KeyRow,
    name: &[u16],
) -> Result<Option<KeyRow>, NtStatus> {
    database
        .prepare_cached("SELECT id FROM keys WHERE parent = ?1 AND folded = ?2")
        .and_then(|mut query| {
            query
                .query_row(params![parent.0, folded(name)], |row| row.get(0).map(KeyRow))
                .optional()
        })
        .map_err(failed)
}

fn value(
    database: &Connection,
    query: &str,
    which: &[&dyn rusqlite::ToSql],
) -> Result<Option<Value>, NtStatus> {
    let mut query = database.prepare_cached(query).map_err(failed)?;
    let found = query.query_row(which, |row| {
        let name = wide::from_le_bytes(&row.get::<_, Vec<u8>>(0)?);
        Ok(Value { name, kind: row.get(1)?, data: row.get(2)? })
    });
    found.optional().map_err(failed)
}

fn touch(database: &Connection, key: KeyRow) -> Result<(), NtStatus> {
    let now = haft_host::clock::system_time();
    let touched = database
        .prepare_cached("UPDATE keys SET written = ?2 WHERE id = ?1")
        .and_then(|mut update| update.execute(params![key.0, now]));
    existing(touched.map_err(failed)?)
}

/// Makes a key, which is the session's where it or its parent is volatile.
pub(super) fn insert(
    database: &Connection,
    parent: KeyRow,
    name: &[u16],
    class: &[u16],
    session: Option<&str>,
) -> Result<KeyRow, NtStatus> {
    let above: Option<Option<String>> = database
        .prepare_cached("SELECT session FROM keys WHERE id = ?1")
        .and_then(|mut query| query.query_row([parent.0], |row| row.get(0)).optional())
        .map_err(failed)?;
    match above {
        None => return Err(NtStatus::KEY_DELETED),
        Some(Some(_)) if session.is_none() => return Err(NtStatus::CHILD_MUST_BE_VOLATILE),
        Some(_) => {}
    }
    const INSERT: &str = "INSERT INTO keys(parent, folded, name, class, written, session)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let now = haft_host::clock::system_time();
    let row = params![
        parent.0,
        folded(name),
        wide::to_le_bytes(name),
        wide::to_le_bytes(class),
        now,
        session
    ];
    database
        .prepare_cached(INSERT)
        .and_then(|mut insert| insert.insert(row))
        .map_err(failed)
        .map(KeyRow)
}

/// Sets a value, whose name stays as it was first written.
pub(super) fn set(
    database: &Connection,
    key: KeyRow,
    name: &[u16],
    kind: u32,
    data: &[u8],
) -> Result<(), NtStatus> {
    const SET: &str = "INSERT INTO key_values(key, folded, name, kind, data)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT(key, folded) DO UPDATE SET kind = excluded.kind, data = excluded.data";
    database
        .prepare_cached(SET)
        .and_then(|mut set| {
            set.execute(params![key.0, folded(name), wide::to_le_bytes(name), kind, data])
        })
        .map(drop)
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_of_the_first_version_learns_of_descriptors() {
        let folder = std::env::temp_dir().join(format!("haft-registry-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("registry.db");
        let first = SCHEMA.replace("security BLOB,", "").replace("= 2;", "= 1;");
        Connection::open(&file).unwrap().execute_batch(&first).unwrap();
        for _ in 0..2 {
            let mut store = Store::open(&file, "test").unwrap();
            assert_eq!(store.security(KeyRow::USERS), Ok(None));
            let said = SecurityDescriptor::new();
            store.protect(KeyRow::MACHINE, &said).unwrap();
            assert_eq!(store.security(KeyRow::MACHINE), Ok(Some(said)));
            assert_eq!(store.security(KeyRow(99)), Err(NtStatus::KEY_DELETED));
        }
        // What somebody else has written is no descriptor.
        let other = Connection::open(&file).unwrap();
        other.execute("UPDATE keys SET security = x'00' WHERE id = 1", []).unwrap();
        let store = Store::open(&file, "test").unwrap();
        assert_eq!(store.security(KeyRow::MACHINE), Err(NtStatus::REGISTRY_IO_FAILED));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
