//! What is asked about security, and as somebody else.

use super::{EVERYTHING, Guise, MAX_TOKENS, Security, SharedToken, of_account};
use crate::client::Session;
use crate::objects::{Key, Meaning};
use haft_abi::{AccessMask, NtStatus, Pid};
use haft_host::rustix::fd::OwnedFd;
use haft_object::security::access_check::{self, Mapping, check};
use haft_object::security::{Luid, SecurityDescriptor, Token};
use haft_object::{Backing, ObjectType};
use haft_wire::security::{SecurityAnswer, SecurityRequest};
use haft_wire::{Answer, Request, SharedId};

impl Session<'_> {
    /// Answers a request that says who makes it.
    ///
    /// # Errors
    /// As for [`Session::answer`]; `ACCESS_DENIED` for a token that is not the client's to use.
    pub fn answer_as(
        &mut self,
        asker: Pid,
        greeted: &mut bool,
        (token, descriptor): (Option<Box<Token>>, Option<SecurityDescriptor>),
        request: &[u8],
        fds: Vec<OwnedFd>,
    ) -> Result<Option<(Answer, Vec<OwnedFd>)>, NtStatus> {
        let request: Request = haft_wire::decode(request)?;
        if matches!(request, Request::Hello { .. } | Request::Security(SecurityRequest::As { .. }))
        {
            return Err(NtStatus::PORT_DISCONNECTED);
        }
        if let Some(token) = &token {
            self.objects.security.check_claim(asker, token)?;
        }
        let guise = Guise { acting: token.map(|token| *token), creating: descriptor };
        self.objects.security.wear(guise);
        let answer = self.answer(asker, greeted, request, fds);
        self.objects.security.wear(Guise::default());
        answer
    }

    /// Answers a request about security.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for what no haft process asks; anything else is the answer.
    pub fn security(
        &mut self,
        asker: Pid,
        request: SecurityRequest,
    ) -> Result<SecurityAnswer, NtStatus> {
        Ok(match request {
            SecurityRequest::As { .. } => return Err(NtStatus::PORT_DISCONNECTED),
            SecurityRequest::Widen { object, access } => {
                let key = self.clients.get(asker)?.key(object)?;
                self.know_key(key)?;
                let object_type = self.objects.get(key)?.object_type();
                let granted = self.objects.security.grant(asker, key, object_type, access)?;
                SecurityAnswer::Access(self.clients.get_mut(asker)?.widen(object, granted)?)
            }
            SecurityRequest::Describe { object, parts } => {
                let client = self.clients.get(asker)?;
                let key = client.key(object)?;
                client.require(object, access_check::needed(parts, false))?;
                self.know_key(key)?;
                SecurityAnswer::Descriptor(self.describe(key)?.only(parts))
            }
            SecurityRequest::Protect { object, parts, descriptor } => {
                let client = self.clients.get(asker)?;
                let key = client.key(object)?;
                client.require(object, access_check::needed(parts, true))?;
                if self.objects.get(key)?.object_type() == ObjectType::Key {
                    // What lasts is the registry's: `RegistryRequest::Protect`.
                    return Err(NtStatus::OBJECT_TYPE_MISMATCH);
                }
                let mut now = self.describe(key)?;
                self.objects.security.check_owner(asker, &descriptor)?;
                now.set(parts, &descriptor)?;
                let known = match self.objects.meaning(key) {
                    Meaning::Process(process) => Some((process.pid, None)),
                    Meaning::Thread { process, tid, .. } => Some((process.pid, Some(*tid))),
                    _ => None,
                };
                let security = &mut self.objects.security;
                match known {
                    Some((pid, None)) => drop(security.processes.insert(pid, now)),
                    Some((pid, Some(tid))) => drop(security.threads.insert(tid, (pid, now))),
                    None => drop(security.objects.insert(key, now)),
                }
                SecurityAnswer::Done
            }
            SecurityRequest::ProtectToken { descriptor } => {
                self.objects.security.of_tokens.insert(asker, descriptor);
                SecurityAnswer::Done
            }
            SecurityRequest::TokenOf { process, access } => {
                const QUERY_LIMITED: AccessMask = AccessMask(0x1000);
                let process = crate::process_calls::held(asker, process, QUERY_LIMITED, self)?;
                let security = &self.objects.security;
                let token = match security.tokens.get(&process.pid) {
                    Some(token) => token.clone(),
                    None => of_account(process.pid).unwrap_or_else(|_| security.own.clone()),
                };
                // Whose token it is decides, not whose process.
                let said = security.of_tokens.get(&process.pid).cloned();
                let descriptor =
                    said.unwrap_or_else(|| Security::default(&token, ObjectType::Token));
                let asking = security.token(asker);
                let query = AccessMask(8);
                if !security.may_debug(asker) {
                    check(&descriptor, asking, query | access, Mapping::Of(ObjectType::Token))?;
                }
                SecurityAnswer::Token(Box::new(token), Luid(0), Luid(0))
            }
            SecurityRequest::Assign { process, token } => {
                let all = ObjectType::Process.mapping().valid;
                let child = crate::process_calls::held(asker, process, all, self)?;
                if child.block()?.parent() != asker {
                    return Err(NtStatus::ACCESS_DENIED);
                }
                self.objects.security.check_claim(asker, &token)?;
                let security = &mut self.objects.security;
                security.tokens.insert(child.pid, *token);
                security.admitted.insert(child.pid);
                SecurityAnswer::Done
            }
            SecurityRequest::Share { token, id } => {
                self.objects.security.check_claim(asker, &token)?;
                self.share(asker, SharedToken { token: *token, id, modified: id })?
            }
            SecurityRequest::Token { object } => {
                let key = self.clients.get(asker)?.key(object)?;
                let shared = self.objects.security.shared.get(&key);
                let shared = shared.ok_or(NtStatus::OBJECT_TYPE_MISMATCH)?;
                let token = Box::new(shared.token.clone());
                SecurityAnswer::Token(token, shared.id, shared.modified)
            }
            SecurityRequest::Change { object, change, modified } => {
                let client = self.clients.get(asker)?;
                client.require(object, change.needed())?;
                let key = client.key(object)?;
                let shared = self.objects.security.shared.get_mut(&key);
                let shared = shared.ok_or(NtStatus::OBJECT_TYPE_MISMATCH)?;
                let changed = shared.token.change(&change)?;
                shared.modified = modified;
                SecurityAnswer::Changed(changed)
            }
        })
    }

    fn share(&mut self, asker: Pid, token: SharedToken) -> Result<SecurityAnswer, NtStatus> {
        if self.objects.security.shared.len() >= MAX_TOKENS {
            return Err(NtStatus::INSUFFICIENT_RESOURCES);
        }
        self.clients.get(asker)?.check_room()?;
        let manager = self.objects.manager;
        let object = manager.create_object(ObjectType::Token, Backing::Private, false)?;
        let key = self.objects.keep(None, object);
        self.objects.security.shared.insert(key, token);
        let kept = self.clients.get_mut(asker)?.keep(key, EVERYTHING);
        let number: SharedId = kept.inspect_err(|_| self.objects.release(key, 1))?;
        Ok(SecurityAnswer::Shared(number))
    }

    /// The whole descriptor of an object.
    fn describe(&self, key: Key) -> Result<SecurityDescriptor, NtStatus> {
        let security = &self.objects.security;
        Ok(match self.objects.meaning(key).process_and_thread() {
            Ok((process, thread)) => {
                security.descriptor_of_process(process.pid, thread.map(|(tid, _)| tid))
            }
            Err(_) => {
                let object_type = self.objects.get(key)?.object_type();
                match security.shared.get(&key) {
                    Some(shared) if !security.objects.contains_key(&key) => {
                        Security::default(&shared.token, object_type)
                    }
                    _ => security.descriptor(key, object_type),
                }
            }
        })
    }
}
