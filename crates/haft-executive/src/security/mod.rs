//! Who the clients are, and what they may do with objects (Microsoft: "Access Control").
//!
//! A client is who Linux says it is; a token that it names of its own account counts if it lets it
//! do no more than that. What is plain, an object without a descriptor of its own and an asker with
//! the session's own token, costs nothing.

mod request;

use crate::objects::Key;
use crate::process::Process;
use haft_abi::{AccessMask, NtStatus, Pid, Tid};
use haft_host::process as linux;
use haft_object::security::access_check::{Mapping, check};
use haft_object::security::{
    Account, Ace, Acl, AclPart, Creation, Luid, Privilege, SecurityDescriptor, SecurityInformation,
    Token, descriptor_for_new, well_known,
};
use haft_object::{ObjectType, types};
use std::collections::{HashMap, HashSet};

/// Everything that a client may do with an object that is its user's alone.
const EVERYTHING: AccessMask = AccessMask(u32::MAX);

/// The most tokens that the processes of a session share.
const MAX_TOKENS: usize = 1 << 16;

/// As whom a request is made, where it says so, and how what it creates is to be protected.
#[derive(Clone, Default)]
pub struct Guise {
    acting: Option<Token>,
    creating: Option<SecurityDescriptor>,
}

/// A token that several processes may have.
struct SharedToken {
    token: Token,
    id: Luid,
    modified: Luid,
}

/// Tokens and descriptors of the session.
pub struct Security {
    /// That of the session's own user.
    own: Token,
    /// Who makes the request that is being answered, where it says so.
    acting: Option<Token>,
    /// How what it creates is to be protected.
    creating: Option<SecurityDescriptor>,
    /// Those of processes whose token is another than the session's own.
    tokens: HashMap<Pid, Token>,
    /// Those of another user that have been created here.
    admitted: HashSet<Pid>,
    /// Descriptors of objects that have one of their own.
    objects: HashMap<Key, SecurityDescriptor>,
    processes: HashMap<Pid, SecurityDescriptor>,
    threads: HashMap<Tid, (Pid, SecurityDescriptor)>,
    /// How processes protect their primary tokens, where that is not plain.
    of_tokens: HashMap<Pid, SecurityDescriptor>,
    shared: HashMap<Key, SharedToken>,
}

/// The token of a process's Linux account.
fn of_account(pid: Pid) -> Result<Token, NtStatus> {
    let id = linux::identity(pid).ok_or(NtStatus::INVALID_CID)?;
    let (uid, gid, capabilities) = (id.user, id.group, id.capabilities);
    Ok(Token::of_account(&Account { uid, gid, groups: id.groups, capabilities }))
}

impl Security {
    /// That of a session of the user that this process runs as.
    pub fn new() -> Self {
        let user = haft_host::rustix::process::geteuid().as_raw();
        let nobody = Account { uid: user, gid: u32::MAX, groups: Vec::new(), capabilities: 0 };
        Self {
            own: of_account(Pid(std::process::id())).unwrap_or_else(|_| Token::of_account(&nobody)),
            acting: None,
            creating: None,
            tokens: HashMap::new(),
            admitted: HashSet::new(),
            objects: HashMap::new(),
            processes: HashMap::new(),
            threads: HashMap::new(),
            of_tokens: HashMap::new(),
            shared: HashMap::new(),
        }
    }

    /// Whether an asker is the session's own user, and nothing else is said.
    fn is_plain(&self, asker: Pid) -> bool {
        self.acting.is_none() && !self.tokens.contains_key(&asker)
    }

    /// Who an asker is.
    fn token(&self, asker: Pid) -> &Token {
        self.acting.as_ref().unwrap_or_else(|| self.token_of(asker))
    }

    /// The primary token of a process.
    fn token_of(&self, pid: Pid) -> &Token {
        self.tokens.get(&pid).unwrap_or(&self.own)
    }

    /// Whether a process of another user is one of the session's: its creator has said so.
    pub fn is_admitted(&self, pid: Pid, user: u32) -> bool {
        let is_his = |token: &Token| token.user.as_linux_user() == Some(user);
        self.admitted.contains(&pid) && self.tokens.get(&pid).is_some_and(is_his)
    }

    /// Whether a process is the session's own user's.
    pub fn is_own_user(&self, pid: Pid) -> bool {
        self.token_of(pid).user == self.own.user
    }

    /// Gives a child the token of its creator, where that is not the session's own.
    pub fn inherit(&mut self, creator: Pid, child: Pid) {
        if let Some(token) = self.tokens.get(&creator).cloned() {
            self.tokens.entry(child).or_insert(token);
            self.admitted.insert(child);
        }
    }

    /// A process of another session has become known.
    pub fn note_another(&mut self, pid: Pid) {
        if let Ok(token) = of_account(pid) {
            self.tokens.entry(pid).or_insert(token);
        }
    }

    /// The descriptor that an object has where nobody has said one.
    fn default(token: &Token, object_type: ObjectType) -> SecurityDescriptor {
        let mapping = Mapping::Of(object_type);
        let made = descriptor_for_new(Creation {
            token,
            mapping,
            said: None,
            parent: None,
            is_container: false,
        });
        let mut made = made.unwrap_or_default();
        // Everybody may look at the registry, as on Windows.
        if object_type == ObjectType::Key
            && let AclPart::List(acl) = &made.dacl
        {
            let mut aces = acl.aces().to_vec();
            aces.push(Ace::allow(object_type.mapping().read, well_known::everyone()));
            if let Ok(acl) = Acl::of(aces) {
                made.dacl = AclPart::List(acl);
            }
        }
        made
    }

    fn descriptor(&self, key: Key, object_type: ObjectType) -> SecurityDescriptor {
        self.objects.get(&key).cloned().unwrap_or_else(|| Self::default(&self.own, object_type))
    }

    /// All that somebody may do with what a descriptor protects.
    fn most(
        descriptor: &SecurityDescriptor,
        token: &Token,
        object_type: ObjectType,
    ) -> Result<AccessMask, NtStatus> {
        let maximum = AccessMask::MAXIMUM_ALLOWED;
        let granted = check(descriptor, token, maximum, Mapping::Of(object_type));
        let mut access = match granted {
            Ok(granted) => granted.access,
            Err(NtStatus::ACCESS_DENIED) => AccessMask::NONE,
            Err(other) => return Err(other),
        };
        for (privilege, right) in [
            (Privilege::TAKE_OWNERSHIP, AccessMask::WRITE_OWNER),
            (Privilege::SECURITY, AccessMask::ACCESS_SYSTEM_SECURITY),
        ] {
            if token.has_enabled(privilege) {
                access |= right;
            }
        }
        if access == AccessMask::NONE { Err(NtStatus::ACCESS_DENIED) } else { Ok(access) }
    }

    /// What an asker may do with an object that it has opened by name.
    ///
    /// # Errors
    /// `ACCESS_DENIED`, `BAD_IMPERSONATION_LEVEL`.
    pub fn open(
        &self,
        asker: Pid,
        key: Key,
        object_type: ObjectType,
    ) -> Result<AccessMask, NtStatus> {
        if self.is_plain(asker) && !self.objects.contains_key(&key) {
            return Ok(EVERYTHING);
        }
        Self::most(&self.descriptor(key, object_type), self.token(asker), object_type)
    }

    /// Protects an object that an asker has created, which may do everything with it.
    ///
    /// # Errors
    /// `INVALID_OWNER`, `ALLOTTED_SPACE_EXCEEDED`.
    pub fn create(
        &mut self,
        asker: Pid,
        key: Key,
        object_type: ObjectType,
    ) -> Result<AccessMask, NtStatus> {
        let said = self.creating.take();
        if said.is_none() && self.is_plain(asker) {
            return Ok(EVERYTHING);
        }
        let made = descriptor_for_new(Creation {
            token: self.token(asker),
            mapping: Mapping::Of(object_type),
            said: said.as_ref(),
            parent: None,
            is_container: false,
        })?;
        self.objects.insert(key, made);
        Ok(EVERYTHING)
    }

    /// What an asker is granted of an object.
    ///
    /// # Errors
    /// `ACCESS_DENIED`, `PRIVILEGE_NOT_HELD`, `BAD_IMPERSONATION_LEVEL`.
    pub fn grant(
        &self,
        asker: Pid,
        key: Key,
        object_type: ObjectType,
        desired: AccessMask,
    ) -> Result<AccessMask, NtStatus> {
        if self.is_plain(asker) && !self.objects.contains_key(&key) {
            return types::grant(object_type, desired);
        }
        let descriptor = self.descriptor(key, object_type);
        let mapping = Mapping::Of(object_type);
        check(&descriptor, self.token(asker), desired, mapping).map(|granted| granted.access)
    }

    /// As whom the request that is being answered is made.
    pub fn guise(&self) -> Guise {
        Guise { acting: self.acting.clone(), creating: self.creating.clone() }
    }

    /// Goes on with a request that was made so.
    pub fn wear(&mut self, guise: Guise) {
        self.acting = guise.acting;
        self.creating = guise.creating;
    }

    /// How a key is protected that an asker makes below one that is protected so; `None` for what every
    /// key has. The right to make it is its parent's to give (Microsoft: "RegCreateKeyExW function").
    ///
    /// # Errors
    /// `ACCESS_DENIED`, `INVALID_OWNER`, `ALLOTTED_SPACE_EXCEEDED`.
    pub fn of_new_key(
        &self,
        asker: Pid,
        above: Option<&SecurityDescriptor>,
        last: bool,
    ) -> Result<Option<SecurityDescriptor>, NtStatus> {
        const CREATE_SUB_KEY: AccessMask = AccessMask(4);
        let said = self.creating.as_ref().filter(|_| last);
        let mapping = Mapping::Of(ObjectType::Key);
        let token = self.token(asker);
        if above.is_some() || !self.is_plain(asker) {
            let plain = Self::default(&self.own, ObjectType::Key);
            check(above.unwrap_or(&plain), token, CREATE_SUB_KEY, mapping)?;
        }
        match (said, above) {
            (None, None) if self.is_plain(asker) => Ok(None),
            (None, None) => Ok(Some(Self::default(token, ObjectType::Key))),
            (said, parent) => {
                let made = Creation { token, mapping, said, parent, is_container: true };
                descriptor_for_new(made).map(Some)
            }
        }
    }

    /// Takes note of how an object is protected.
    pub fn know(&mut self, key: Key, said: Option<SecurityDescriptor>) {
        match said {
            Some(descriptor) => drop(self.objects.insert(key, descriptor)),
            None => drop(self.objects.remove(&key)),
        }
    }

    /// The descriptor of an object once an asker has set parts of it.
    ///
    /// # Errors
    /// `INVALID_OWNER`; those of [`SecurityDescriptor::set`].
    pub fn changed(
        &self,
        asker: Pid,
        key: Key,
        object_type: ObjectType,
        parts: SecurityInformation,
        to: &SecurityDescriptor,
    ) -> Result<SecurityDescriptor, NtStatus> {
        let mut now = self.descriptor(key, object_type);
        self.check_owner(asker, to)?;
        now.set(parts, to)?;
        Ok(now)
    }

    fn check_owner(&self, asker: Pid, said: &SecurityDescriptor) -> Result<(), NtStatus> {
        let token = self.token(asker);
        match &said.owner {
            Some(owner) if !token.may_own_as(owner) && !token.has_enabled(Privilege::RESTORE) => {
                Err(NtStatus::INVALID_OWNER)
            }
            _ => Ok(()),
        }
    }

    fn descriptor_of_process(&self, pid: Pid, thread: Option<Tid>) -> SecurityDescriptor {
        let said = match thread {
            Some(tid) => self.threads.get(&tid).map(|(_, descriptor)| descriptor),
            None => self.processes.get(&pid),
        };
        let object_type = if thread.is_some() { ObjectType::Thread } else { ObjectType::Process };
        said.cloned().unwrap_or_else(|| Self::default(self.token_of(pid), object_type))
    }

    /// What an asker is granted of a process or a thread of it. Who debugs may do everything
    /// (Microsoft: "Process Security and Access Rights").
    ///
    /// # Errors
    /// `ACCESS_DENIED`, `PRIVILEGE_NOT_HELD`, `BAD_IMPERSONATION_LEVEL`.
    pub fn grant_process(
        &self,
        asker: Pid,
        process: Pid,
        thread: Option<Tid>,
        desired: AccessMask,
    ) -> Result<AccessMask, NtStatus> {
        let object_type = if thread.is_some() { ObjectType::Thread } else { ObjectType::Process };
        let has_own = match thread {
            Some(tid) => self.threads.contains_key(&tid),
            None => self.processes.contains_key(&process),
        };
        let plain = self.is_plain(asker) && !self.tokens.contains_key(&process) && !has_own;
        // What a process does to itself it needs no handle for.
        let is_itself = asker == process && self.acting.is_none();
        if plain || is_itself || self.token(asker).has_enabled(Privilege::DEBUG) {
            return types::grant(object_type, desired);
        }
        let descriptor = self.descriptor_of_process(process, thread);
        let mapping = Mapping::Of(object_type);
        check(&descriptor, self.token(asker), desired, mapping).map(|granted| granted.access)
    }

    /// Whether an asker may debug processes of others.
    pub fn may_debug(&self, asker: Pid) -> bool {
        self.token(asker).has_enabled(Privilege::DEBUG)
    }

    /// An object is gone.
    pub fn forget(&mut self, key: Key) {
        self.objects.remove(&key);
        self.shared.remove(&key);
    }

    /// A process has ended.
    pub fn process_ended(&mut self, pid: Pid) {
        self.tokens.remove(&pid);
        self.admitted.remove(&pid);
        self.processes.remove(&pid);
        self.of_tokens.remove(&pid);
        self.threads.retain(|_, (owner, _)| *owner != pid);
    }

    /// A thread has ended.
    pub fn thread_ended(&mut self, tid: Tid) {
        self.threads.remove(&tid);
    }

    /// Checks a token that a client names: it may do no more than the client itself, unless Linux
    /// lets the client be anybody.
    fn check_claim(&self, asker: Pid, token: &Token) -> Result<(), NtStatus> {
        let base = match self.tokens.get(&asker) {
            Some(assigned) => assigned.clone(),
            None => of_account(asker)?,
        };
        let is_anybody =
            base.privileges.iter().any(|held| held.privilege == Privilege::ASSIGN_PRIMARY_TOKEN);
        let fits = is_anybody || token.is_within(&base);
        if fits { Ok(()) } else { Err(NtStatus::ACCESS_DENIED) }
    }
}

impl Process {
    /// Whether there is a process that this user may not look at: it is somebody else's.
    pub fn is_anothers(pid: Pid) -> bool {
        let own = haft_host::rustix::process::geteuid().as_raw();
        linux::identity(pid).is_some_and(|identity| identity.user != own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_object::security::{HeldPrivilege, PrivilegeAttributes, Sid};

    fn session_of(uid: u32) -> Security {
        let account = |uid| Account { uid, gid: uid, groups: vec![], capabilities: 0 };
        Security { own: Token::of_account(&account(uid)), ..Security::new() }
    }

    fn user(uid: u32, capabilities: u64) -> Token {
        Token::of_account(&Account { uid, gid: uid, groups: vec![], capabilities })
    }

    const EVENT: ObjectType = ObjectType::Event;
    const MODIFY: AccessMask = AccessMask(2);

    #[test]
    fn another_user_does_not_open_what_it_was_not_given() {
        let mut security = session_of(1000);
        let (own, other) = (Pid(1), Pid(2));
        security.tokens.insert(other, user(1001, 0));
        security.admitted.insert(other);
        assert_eq!(security.open(own, 7, EVENT), Ok(EVERYTHING));
        assert_eq!(security.open(other, 7, EVENT), Err(NtStatus::ACCESS_DENIED));
        let denied = Err(NtStatus::ACCESS_DENIED);
        assert_eq!(security.grant_process(other, own, None, AccessMask(1)), denied);
        assert_eq!(security.grant_process(own, other, None, AccessMask(1)), denied);
        assert_eq!(security.grant_process(other, other, None, AccessMask(1)), Ok(AccessMask(1)));
        assert!(security.is_admitted(other, 1001) && !security.is_admitted(other, 1000));
        // What it creates is its own.
        assert_eq!(security.create(other, 8, EVENT), Ok(EVERYTHING));
        assert_eq!(security.open(own, 8, EVENT), denied);
        security.forget(8);
        security.process_ended(other);
        assert!(security.objects.is_empty() && security.tokens.is_empty());
    }

    #[test]
    fn who_debugs_opens_every_process() {
        let mut security = session_of(1000);
        let mut token = user(0, u64::MAX);
        security.tokens.insert(Pid(2), token.clone());
        assert!(security.grant_process(Pid(2), Pid(1), None, AccessMask(1)).is_err());
        let attributes = PrivilegeAttributes::ENABLED;
        token.adjust_privileges(&[HeldPrivilege { privilege: Privilege::DEBUG, attributes }]);
        security.acting = Some(token);
        assert_eq!(security.grant_process(Pid(2), Pid(1), None, AccessMask(1)), Ok(AccessMask(1)));
    }

    #[test]
    fn a_descriptor_that_is_said_is_kept() {
        let mut security = session_of(1000);
        let mut said = SecurityDescriptor::new();
        let aces = vec![Ace::allow(MODIFY, Sid::linux_user(1001))];
        said.dacl = AclPart::List(Acl::of(aces).unwrap());
        security.creating = Some(said);
        assert_eq!(security.create(Pid(1), 7, EVENT), Ok(EVERYTHING));
        security.tokens.insert(Pid(2), user(1001, 0));
        assert_eq!(security.open(Pid(2), 7, EVENT), Ok(MODIFY));
        // Its owner may read and change the descriptor, and nothing else.
        let owner = AccessMask::READ_CONTROL | AccessMask::WRITE_DAC;
        assert_eq!(security.open(Pid(1), 7, EVENT), Ok(owner));
        assert_eq!(security.grant(Pid(1), 7, EVENT, MODIFY), Err(NtStatus::ACCESS_DENIED));
    }

    #[test]
    fn a_token_of_somebody_else_is_not_believed() {
        let mut security = session_of(1000);
        security.tokens.insert(Pid(2), user(1001, 0));
        assert_eq!(security.check_claim(Pid(2), &user(1001, 0)), Ok(()));
        let denied = Err(NtStatus::ACCESS_DENIED);
        assert_eq!(security.check_claim(Pid(2), &user(1000, 0)), denied);
        assert_eq!(security.check_claim(Pid(2), &user(1001, u64::MAX)), denied);
    }
}
