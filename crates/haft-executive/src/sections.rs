//! Named sections: the executive keeps their files, and looks into none.

use crate::chores;
use crate::client::{Client, Session};
use crate::names::Is;
use crate::objects::{Meaning, Named};
use haft_abi::NtStatus;
use haft_host::rustix::fd::OwnedFd;
use haft_object::ObjectType;
use haft_wire::section::{MAX_DESCRIPTION, SectionAnswer, SectionRequest};
use haft_wire::{Answer, SharedId};
use std::sync::Arc;

/// The part of the executive's descriptors that named sections may take, each of which is one.
pub const SHARE: usize = 4;

/// A section.
pub struct Section {
    description: Vec<u8>,
    /// Until it ends.
    file: Option<OwnedFd>,
}

impl Drop for Section {
    fn drop(&mut self) {
        chores::close(self.file.take().into_iter().collect());
    }
}

impl Client {
    /// Answers a request about named sections.
    ///
    /// # Errors
    /// As for [`Client::answer`].
    pub fn section(
        &mut self,
        request: SectionRequest,
        fds: Vec<OwnedFd>,
        session: &mut Session<'_>,
    ) -> Result<(Answer, Vec<OwnedFd>), NtStatus> {
        let objects = &mut *session.objects;
        match request {
            SectionRequest::Create { name, description } => {
                let Ok([file]) = <[OwnedFd; 1]>::try_from(fds) else {
                    return Err(NtStatus::PORT_DISCONNECTED);
                };
                if description.len() > MAX_DESCRIPTION {
                    return Err(NtStatus::PORT_DISCONNECTED);
                }
                self.check_room()?;
                let (key, existed) = match self.find_named(&name, ObjectType::Section, objects)? {
                    Named::There(key) => (key, true),
                    Named::Free(_) if !objects.has_room_for_section() => {
                        return Err(NtStatus::INSUFFICIENT_RESOURCES);
                    }
                    Named::Free(place) => {
                        let object = objects.state_of_names(ObjectType::Section)?;
                        let meaning =
                            Meaning::Section(Arc::new(Section { description, file: Some(file) }));
                        let is = Is::Object(ObjectType::Section);
                        (objects.keep_as(place, object, is, meaning), false)
                    }
                };
                self.object(key, existed, objects).map(|answer| (answer, Vec::new()))
            }
            SectionRequest::Get { object } if fds.is_empty() => {
                let section = self.section_of(object, session)?;
                let file = section.file.as_ref().ok_or(NtStatus::INVALID_HANDLE)?;
                let file = file.try_clone().map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
                let description = section.description.clone();
                Ok((Answer::Section(SectionAnswer::Section { description }), vec![file]))
            }
            SectionRequest::Get { .. } => Err(NtStatus::PORT_DISCONNECTED),
        }
    }

    fn section_of(
        &self,
        object: SharedId,
        session: &Session<'_>,
    ) -> Result<Arc<Section>, NtStatus> {
        match session.objects.meaning(self.key(object)?) {
            Meaning::Section(section) => Ok(Arc::clone(section)),
            _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
        }
    }
}
