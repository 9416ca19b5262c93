//! A request of every kind that the executive answers, about objects that a client may not have: for
//! hostile clients, and for fuzzing to begin from.

use haft_abi::{AccessMask, Pid, Tid};
use haft_object::security::{
    Account, HeldPrivilege, Luid, Privilege, PrivilegeAttributes, SecurityDescriptor,
    SecurityInformation, Sid, Token, TokenChange, sddl,
};
use haft_object::{
    DispatcherState, DueTime, EventKind, Joining, Member, ObjectType, SharedId, ThreadIndex, Wait,
    WaitKind, Waiting,
};
use haft_wire::job::{JobLimits, JobRequest};
use haft_wire::names::NamesRequest;
use haft_wire::process::{Descriptor, NewHandle};
use haft_wire::registry::{Data, KeyPlace, NewKey, RegistryRequest};
use haft_wire::section::SectionRequest;
use haft_wire::security::SecurityRequest;
use haft_wire::service::ServiceRequest;
use haft_wire::{ObjectName, Operation, ProcessRequest, Request};

/// The token of this process's own account, with no capabilities.
#[must_use]
pub fn own_token() -> Token {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    Token::of_account(&Account { uid, gid, groups: Vec::new(), capabilities: 0 })
}

/// A descriptor with an owner, a group and a few entries.
///
/// # Panics
/// Never: its text is right.
#[must_use]
pub fn descriptor() -> SecurityDescriptor {
    sddl::descriptor("O:S-1-22-1-0G:S-1-22-2-0D:(A;;GA;;;WD)(D;;GR;;;BG)", None).expect("a text")
}

/// Every change of a token.
#[must_use]
pub fn token_changes() -> Vec<TokenChange> {
    let privilege = Privilege::all().next().expect("there are some");
    let attributes = PrivilegeAttributes(u32::MAX);
    vec![
        TokenChange::Privileges(vec![HeldPrivilege { privilege, attributes }; 40]),
        TokenChange::DisableAllPrivileges,
        TokenChange::Groups(None),
        TokenChange::Groups(Some(own_token().groups)),
        TokenChange::Owner(Sid::linux_user(0)),
        TokenChange::PrimaryGroup(Sid::linux_group(u32::MAX)),
        TokenChange::DefaultDacl(None),
        TokenChange::DefaultDacl(Some(vec![0xFF; 4000])),
        TokenChange::Integrity(Sid::linux_user(7)),
        TokenChange::Session(u32::MAX),
    ]
}

/// Every request about security, of the object of this number.
///
/// # Panics
/// Never: what is made fits.
#[must_use]
pub fn security(object: SharedId) -> Vec<SecurityRequest> {
    let all = SecurityInformation(u32::MAX);
    let access = AccessMask(u32::MAX);
    let token = Box::new(own_token());
    let inner = |request: &Request| haft_wire::encode(request).expect("it fits");
    let state = DispatcherState::Semaphore { count: 1, limit: 2 };
    let name = ObjectName::parse("as-somebody").expect("a name");
    let mut requests = vec![
        SecurityRequest::As {
            token: Some(token.clone()),
            descriptor: Some(descriptor()),
            request: inner(&Request::Create { state, name }),
        },
        SecurityRequest::As {
            token: None,
            descriptor: None,
            request: inner(&Request::Operate { object, operation: Operation::SetEvent }),
        },
        SecurityRequest::Widen { object, access },
        SecurityRequest::Describe { object, parts: all },
        SecurityRequest::Protect { object, parts: all, descriptor: descriptor() },
        SecurityRequest::TokenOf { process: object, access: AccessMask(8) },
        SecurityRequest::Assign { process: object, token: token.clone() },
        SecurityRequest::Share { token, id: Luid(u64::MAX) },
        SecurityRequest::Token { object },
        SecurityRequest::ProtectToken { descriptor: descriptor() },
    ];
    requests.extend(token_changes().into_iter().map(|change| SecurityRequest::Change {
        object,
        change,
        modified: Luid(1),
    }));
    requests
}

/// Every request, of the object of this number, a thread and a process.
///
/// # Panics
/// Never: what is made is right.
#[must_use]
pub fn every(object: SharedId, thread: ThreadIndex, pid: Pid) -> Vec<Request> {
    let event = DispatcherState::Event { kind: EventKind::Synchronization, signalled: true };
    let mutant = DispatcherState::Mutant { count: 0, owner: Some(thread), abandoned: false };
    let wait: Wait = haft_wire::decode(&[1, 7]).expect("a thread and a number");
    let waiting = vec![Waiting { wait, place: 0 }];
    let member = Member { object, place: 0 };
    let joining = |kind, posted| {
        Request::Join(Joining { wait, kind, members: vec![member], stay: true, posted })
    };
    let name = || ObjectName::parse("every").expect("a name");
    let access = AccessMask(0x1F_FFFF);
    let new = NewHandle { object_type: ObjectType::File as u8, access: AccessMask(1), flags: 1 };
    let seen = Descriptor { number: 3, seen: [1, 2] };
    let mut requests = vec![
        Request::Reserve,
        Request::Publish { object, state: mutant, waiting: waiting.clone() },
        Request::Queue { object, waiting },
        Request::Create { state: event, name: name() },
        Request::Open { object_type: ObjectType::Event, name: name() },
        joining(WaitKind::Any, false),
        joining(WaitKind::Any, true),
        joining(WaitKind::All, false),
        Request::Leave { wait },
        Request::ThreadEnded { thread, code: 3 },
        Request::Offer { to: pid, objects: vec![(object, access)] },
        Request::Send { target: object, parcel: vec![7; 20], new },
        Request::Decline { offer: 1 },
        Request::Accept { offer: 1 },
        Request::Release { object },
        Request::Service(ServiceRequest::Connect { object }),
        Request::Service(ServiceRequest::Collect),
        Request::Section(SectionRequest::Create { name: name(), description: vec![1; 9] }),
        Request::Section(SectionRequest::Get { object }),
    ];
    let operations = [
        Operation::SetEvent,
        Operation::ResetEvent,
        Operation::PulseEvent,
        Operation::QueryEvent,
        Operation::ReleaseMutant { thread },
        Operation::QueryMutant,
        Operation::ReleaseSemaphore { count: 1 },
        Operation::QuerySemaphore,
        Operation::SetTimer { due: DueTime::After(1), period: 1 },
        Operation::CancelTimer,
        Operation::QueryTimer,
        Operation::Identify,
    ];
    requests.extend(operations.map(|operation| Request::Operate { object, operation }));
    let processes = [
        ProcessRequest::Register { pid },
        ProcessRequest::Open { pid, access },
        ProcessRequest::OpenThread { tid: Tid(pid.0), process: Some(pid), access },
        ProcessRequest::Widen { object, access },
        ProcessRequest::Query { object },
        ProcessRequest::QueryThread { object },
        ProcessRequest::Terminate { object, code: 1 },
        ProcessRequest::Duplicate {
            source: object,
            handle: 4,
            thread: Tid(pid.0),
            target: Some(object),
            access,
            inherit: true,
            options: 3,
            beside: Some(seen),
        },
        ProcessRequest::Insert { target: object, object, new },
        ProcessRequest::Bequeath { parent: object, handle: 4, child: pid, beside: None },
        ProcessRequest::Handles { object, after: 0 },
    ];
    requests.extend(processes.map(Request::Process));
    let jobs = [
        JobRequest::Create { name: Some(name()) },
        JobRequest::Assign { job: object, process: object },
        JobRequest::Born { process: pid, parent: None, breakaway: true, jobs: vec![object] },
        JobRequest::Contains { job: Some(object), process: pid },
        JobRequest::Terminate { job: object, code: 1 },
        JobRequest::Processes { job: None, from: 0 },
        JobRequest::Accounting { job: Some(object) },
        JobRequest::Limits { job: Some(object) },
        JobRequest::SetLimits { job: object, limits: JobLimits::default(), extended: true },
        JobRequest::Options { job: None },
        JobRequest::Restrict { job: object, restrictions: 1 },
        JobRequest::PostAtEnd { job: object, post: true },
        JobRequest::Listen { job: object },
        JobRequest::Mute { job: object },
        JobRequest::Commit { bytes: u64::MAX },
    ];
    requests.extend(jobs.map(Request::Job));
    let text = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    let create = Some(NewKey { class: text("class"), volatile: true });
    let registry = [
        RegistryRequest::IsKept,
        RegistryRequest::Open { at: KeyPlace::Users, path: text("x\\y"), create },
        RegistryRequest::Open { at: KeyPlace::Key(object), path: Vec::new(), create: None },
        RegistryRequest::DeleteKey { key: object },
        RegistryRequest::Protect {
            key: object,
            parts: SecurityInformation(u32::MAX),
            descriptor: descriptor(),
        },
        RegistryRequest::Query { key: object },
        RegistryRequest::Subkey { key: object, index: 0 },
        RegistryRequest::Value { key: object, name: text("v") },
        RegistryRequest::ValueAt { key: object, index: 0 },
        RegistryRequest::SetValue {
            key: object,
            name: text("v"),
            kind: 1,
            data: Data::Inline(vec![1; 8]),
        },
        RegistryRequest::SetValue { key: object, name: text("w"), kind: 3, data: Data::Beside(64) },
        RegistryRequest::DeleteValue { key: object, name: text("v") },
        RegistryRequest::Flush,
    ];
    requests.extend(registry.map(Request::Registry));
    let names = [
        NamesRequest::CreateDirectory { name: Some(name()) },
        NamesRequest::CreateLink { name: Some(name()), target: "\\there".into() },
        NamesRequest::Target { link: object },
        NamesRequest::List { directory: object, from: 0 },
        NamesRequest::Name { object },
        NamesRequest::Keep { object, permanent: true },
        NamesRequest::Holders { object },
        NamesRequest::HeldBy { pid, from: 0 },
    ];
    requests.extend(names.map(Request::Names));
    requests.extend(security(object).into_iter().map(Request::Security));
    requests
}
