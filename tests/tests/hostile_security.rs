//! What a hostile client asks about security: what it may not is refused, what makes no sense is its end,
//! and all others go on.
//!
//! `HAFT_HOSTILE` is how many requests of each kind have their bytes changed (40 where it is not set).

use haft_abi::{AccessMask, NtStatus, Pid};
use haft_host::packet::Gone;
use haft_object::security::sddl;
use haft_object::security::{
    Ace, AceFlags, AceKind, Acl, AclPart, Luid, SecurityDescriptor, SecurityInformation, Sid,
    Token, TokenChange,
};
use haft_object::{DispatcherState, EventKind, SharedId};
use haft_tests::client::Client;
use haft_tests::hostile::Session;
use haft_tests::requests::{descriptor, own_token, security, token_changes};
use haft_wire::registry::{Data, KeyPlace, NewKey, RegistryRequest};
use haft_wire::security::{SecurityAnswer, SecurityRequest};
use haft_wire::{
    Answer, MAX_PACKET, ObjectName, PROTOCOL, ProcessAnswer, ProcessRequest, Reply, Request,
};
use rustix::fd::AsFd;
use std::time::SystemTime;

const NO_REQUEST: &str = "a request that no haft process makes";

fn rounds() -> u32 {
    std::env::var("HAFT_HOSTILE").ok().and_then(|n| n.parse().ok()).unwrap_or(40)
}

fn ask(client: &Client, request: SecurityRequest) -> Reply {
    client.ask(&Request::Security(request), &[]).expect("it is served")
}

fn bytes(request: SecurityRequest) -> Vec<u8> {
    haft_wire::encode(&Request::Security(request)).expect("it fits a packet")
}

/// An event of the client's.
fn event(client: &Client) -> SharedId {
    let state = DispatcherState::Event { kind: EventKind::Notification, signalled: false };
    let name = ObjectName::parse(&format!("guarded-{}", std::process::id())).expect("a name");
    match client.ask(&Request::Create { state, name }, &[]) {
        Ok(Ok(Answer::Object { object, .. })) => object,
        other => panic!("{other:?}"),
    }
}

/// A token that others can have.
fn shared(client: &Client, token: Token) -> SharedId {
    match ask(client, SecurityRequest::Share { token: Box::new(token), id: Luid(1) }) {
        Ok(Answer::Security(SecurityAnswer::Shared(object))) => object,
        other => panic!("{other:?}"),
    }
}

/// An entry that is somebody's.
fn allowed(number: u32) -> Ace {
    let sid = Sid::new(22, &[1, number, 2, 3, 4, 5, 6, 7]).expect("a SID");
    Ace::new(AceKind::ALLOWED, AceFlags::NONE, AccessMask(0x1F_0003), sid)
}

/// Numbers that it was never given: another client's tokens are among them.
#[test]
fn about_what_it_does_not_have() {
    let mut session = Session::new("security-numbers");
    let client = session.greeted();
    for number in [0, 1, 77, u64::from(u32::MAX), 1 << 63 | 1, u64::MAX] {
        let about_none = |request: &SecurityRequest| {
            let makes = matches!(request, SecurityRequest::As { token: Some(_), .. });
            // Or of its own.
            let own = matches!(request, SecurityRequest::ProtectToken { .. });
            makes || own || matches!(request, SecurityRequest::Share { .. })
        };
        for request in security(SharedId(number)).into_iter().filter(|r| !about_none(r)) {
            let said = format!("{request:?}");
            assert_eq!(ask(&client, request), Err(NtStatus::INVALID_HANDLE), "{said}");
        }
        session.worker.expect_fine();
    }
    session.expect_log(0, "");
    session.end();
}

/// An event is no token and no process; a token is no event.
#[test]
fn about_objects_of_another_type() {
    let session = Session::new("security-types");
    let client = session.greeted();
    let (event, token) = (event(&client), shared(&client, own_token()));
    const WRONG: Reply = Err(NtStatus::OBJECT_TYPE_MISMATCH);
    assert_eq!(ask(&client, SecurityRequest::Token { object: event }), WRONG);
    for change in token_changes() {
        let request = SecurityRequest::Change { object: event, change, modified: Luid(0) };
        assert_eq!(ask(&client, request), WRONG);
    }
    for process in [event, token] {
        let reply = ask(&client, SecurityRequest::TokenOf { process, access: AccessMask(8) });
        assert!(reply.is_err(), "{reply:?}");
        let own = Box::new(own_token());
        let reply = ask(&client, SecurityRequest::Assign { process, token: own });
        assert!(reply.is_err(), "{reply:?}");
    }
    let operate = Request::Operate { object: token, operation: haft_wire::Operation::SetEvent };
    assert_eq!(client.ask(&operate, &[]), Ok(WRONG));
    session.expect_log(0, "");
    session.end();
}

/// A client that asks by itself does with a key what the key was opened for, as one that asks kindly.
#[test]
fn a_key_is_good_for_what_it_was_opened_for() {
    let session = Session::new("security-keys");
    let client = session.greeted();
    let wide = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let ask = |request| client.ask(&Request::Registry(request), &[]).expect("it is served");
    let open = |create| {
        let path = wide(&format!("Software\\guarded-{}", std::process::id()));
        match ask(RegistryRequest::Open { at: KeyPlace::Machine, path, create }) {
            Ok(Answer::Object { object, access, .. }) => (object, access),
            other => panic!("{other:?}"),
        }
    };
    let set = |key| {
        let data = Data::Inline(vec![1]);
        ask(RegistryRequest::SetValue { key, name: wide("value"), kind: 3, data })
    };
    let value = |key| ask(RegistryRequest::Value { key, name: wide("value") });
    let (own, _) = open(Some(NewKey { class: Vec::new(), volatile: true }));
    assert!(set(own).is_ok());
    let descriptor = sddl::descriptor("D:(A;;KR;;;WD)", None).expect("a text");
    let parts = SecurityInformation::DACL;
    assert!(
        ask(RegistryRequest::Protect { key: own, parts, descriptor: descriptor.clone() }).is_ok()
    );
    let (other, access) = open(None);
    const KEY_SET_VALUE: AccessMask = AccessMask(2);
    assert!(!access.any(KEY_SET_VALUE), "{access:?}");
    assert_eq!(set(other), Err(NtStatus::ACCESS_DENIED));
    let delete = RegistryRequest::DeleteValue { key: other, name: wide("value") };
    assert_eq!(ask(delete), Err(NtStatus::ACCESS_DENIED));
    assert_eq!(ask(RegistryRequest::DeleteKey { key: other }), Err(NtStatus::ACCESS_DENIED));
    assert!(value(other).is_ok());
    // What was opened before keeps what it was opened for.
    assert!(set(own).is_ok());
    assert!(ask(RegistryRequest::DeleteKey { key: own }).is_ok());
    session.expect_log(0, "");
    session.end();
}

/// A token that says more than its client is: only who can be anybody for Linux is believed.
#[test]
fn tokens_that_are_not_its_own() {
    let session = Session::new("security-claims");
    let client = session.greeted();
    let pid = Pid(std::process::id());
    let request = ProcessRequest::Open { pid, access: AccessMask(0x1F_FFFF) };
    let opened = client.ask(&Request::Process(request), &[]);
    let Ok(Ok(Answer::Process(ProcessAnswer::Opened { object: process, .. }))) = opened else {
        panic!("{opened:?}");
    };
    // It has itself, and is not its own child.
    let token = Box::new(own_token());
    let assigned = ask(&client, SecurityRequest::Assign { process, token });
    assert_eq!(assigned, Err(NtStatus::ACCESS_DENIED));
    let mut more = own_token();
    more.user = Sid::linux_user(12345);
    let reserve = haft_wire::encode(&Request::Reserve).expect("it fits");
    let claims = [
        SecurityRequest::Share { token: Box::new(more.clone()), id: Luid(1) },
        SecurityRequest::As { token: Some(Box::new(more)), descriptor: None, request: reserve },
    ];
    for claim in claims {
        let reply = ask(&client, claim);
        let is_anybody = rustix::process::geteuid().is_root();
        assert_eq!(reply.is_ok(), is_anybody, "{reply:?}");
        assert!(is_anybody || reply == Err(NtStatus::ACCESS_DENIED), "{reply:?}");
    }
    session.expect_log(0, "");
    session.end();
}

/// As somebody may not say hello, nor say as whom it asks again, nor nonsense.
#[test]
fn requests_within_requests() {
    let mut session = Session::new("security-within");
    let inner = |request: &Request| haft_wire::encode(request).expect("it fits");
    let nothing = SecurityRequest::As { token: None, descriptor: None, request: Vec::new() };
    let wrong = [
        Vec::new(),
        vec![0xFF; 8],
        inner(&Request::Hello { protocol: PROTOCOL }),
        inner(&Request::Security(nothing)),
        [inner(&Request::Reserve), vec![0]].concat(),
    ];
    for (count, request) in wrong.into_iter().enumerate() {
        let client = session.greeted();
        let request = SecurityRequest::As { token: None, descriptor: None, request };
        client.send(&bytes(request), &[]).expect("it is sent");
        session.expect_dropped(&client);
        session.expect_log(count + 1, NO_REQUEST);
    }
    session.end();
}

/// Descriptors beside what takes none.
#[test]
fn descriptors_beside() {
    let mut session = Session::new("security-beside");
    let (read, _write) = rustix::pipe::pipe().expect("a pipe can be made");
    let mut dropped = 0;
    for request in security(SharedId(1)) {
        let of_another = matches!(request, SecurityRequest::As { .. });
        let client = session.greeted();
        client.send(&bytes(request), &[read.as_fd(), read.as_fd()]).expect("it is sent");
        // What is asked as somebody takes what the other request takes, which is none here either.
        session.expect_dropped(&client);
        dropped += 1;
        session.expect_log(dropped, if of_another { "process" } else { NO_REQUEST });
    }
    session.end();
}

/// Lengths and counts that are not there are no message, however many are said to be.
#[test]
fn lengths_without_what_is_long() {
    let mut session = Session::new("security-lengths");
    let huge: [&[u8]; 4] = [
        &[0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        &[0x80, 0x80, 0x04],
        &[0xFF; 12],
    ];
    let mut dropped = 0;
    let mut client = session.greeted();
    for request in security(SharedId(1)) {
        let whole = bytes(request);
        for length in huge {
            // Wherever a number can be, the first of each request's numbers among them.
            for at in [2, 3, whole.len() / 2, whole.len() - 1] {
                let cut = [&whole[..at.min(whole.len())], length].concat();
                client.send(&cut, &[]).expect("it is sent");
                match client.answer() {
                    Err(Gone::Disconnected) => {
                        dropped += 1;
                        client = session.greeted();
                    }
                    // Where the bytes are of some text or number, they may be a message still. It
                    // stays: a process is not greeted twice while it is connected.
                    Ok(_) => {}
                    Err(other) => panic!("{cut:?}: {other:?}"),
                }
            }
        }
        session.worker.expect_fine();
    }
    assert!(dropped > 100, "{dropped}");
    session.end();
}

/// Requests with some of their bytes changed, about a token and an event that the client has.
#[test]
fn requests_with_bytes_changed() {
    let mut session = Session::new("security-bytes");
    let mut state = SystemTime::UNIX_EPOCH.elapsed().expect("it is later").as_nanos() as u64 | 1;
    let seed = state;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut dropped = 0;
    let mut client = session.greeted();
    let mut objects = [shared(&client, own_token()), event(&client)];
    for round in 0..rounds() {
        for request in security(objects[round as usize % 2]) {
            let mut changed = bytes(request);
            for _ in 0..1 + next() % 4 {
                let at = next() as usize % changed.len();
                changed[at] = if next() % 2 == 0 { next() as u8 } else { changed[at] ^ 1 };
            }
            // It may have been dropped for the one before, whose answers came first.
            let sent = client.send(&changed, &[]);
            if sent.and_then(|()| client.ask(&Request::Reserve, &[])).is_err() {
                dropped += 1;
                client = session.greeted();
                objects = [shared(&client, own_token()), event(&client)];
            }
            while haft_host::packet::await_packet(&client.socket, 0) && client.answer().is_ok() {}
        }
        session.worker.expect_fine();
    }
    assert!(dropped >= rounds(), "{dropped} were dropped (seed {seed})");
    session.end();
}

/// The largest descriptor that fits is kept, and told or said to be too large; it is no end of anybody.
#[test]
fn descriptors_as_large_as_they_come() {
    let mut session = Session::new("security-large");
    let client = session.greeted();
    let object = event(&client);
    let parts = SecurityInformation::DACL;
    let mut kept = 0;
    for count in [0, 1, 100, 250, 320, 400] {
        let mut large = SecurityDescriptor::new();
        let acl = Acl::of((0..count).map(allowed).collect()).expect("not too many");
        large.dacl = AclPart::List(acl);
        let request = SecurityRequest::Protect { object, parts, descriptor: large };
        if haft_wire::encode(&Request::Security(request.clone())).is_err() {
            continue;
        }
        assert_eq!(ask(&client, request), Ok(Answer::Security(SecurityAnswer::Done)));
        let told = ask(&client, SecurityRequest::Describe { object, parts });
        let fine = matches!(told, Ok(Answer::Security(SecurityAnswer::Descriptor(_))))
            || told == Err(NtStatus::BUFFER_TOO_SMALL);
        assert!(fine, "{count}: {told:?}");
        kept += 1;
    }
    assert!(kept >= 3, "{kept}");
    let mut owned = descriptor();
    owned.owner = Some(Sid::linux_user(4711));
    let parts = SecurityInformation::OWNER;
    let told = ask(&client, SecurityRequest::Protect { object, parts, descriptor: owned });
    assert!(told == Err(NtStatus::INVALID_OWNER) || rustix::process::geteuid().is_root());
    session.worker.expect_fine();
    session.expect_log(0, "");
    session.end();
}

/// Tokens without end, and changes of them that make them larger than a packet.
#[test]
fn tokens_without_end() {
    let mut session = Session::new("security-tokens");
    let client = session.greeted();
    let mut tokens = Vec::new();
    let refused = (0..100_000).find_map(|_| {
        let request = SecurityRequest::Share { token: Box::new(own_token()), id: Luid(1) };
        match ask(&client, request) {
            Ok(Answer::Security(SecurityAnswer::Shared(object))) => tokens.push(object),
            other => return Some(other),
        }
        None
    });
    assert_eq!(refused, Some(Err(NtStatus::INSUFFICIENT_RESOURCES)));
    session.worker.expect_fine();
    session.expect_room();
    let dacl = Acl::of((0..300).map(allowed).collect());
    let change = TokenChange::DefaultDacl(dacl.ok().map(|acl| acl.to_bytes()));
    let request = SecurityRequest::Change { object: tokens[0], change, modified: Luid(2) };
    assert!(ask(&client, request).is_ok());
    let told = ask(&client, SecurityRequest::Token { object: tokens[0] });
    let whole = matches!(told, Ok(Answer::Security(SecurityAnswer::Token(..))));
    assert!(whole || told == Err(NtStatus::BUFFER_TOO_SMALL), "{told:?} ({MAX_PACKET})");
    drop(client);
    // They are gone with who had them.
    let again = loop {
        if let Ok(client) = Client::connect(&session.address)
            && client.greet(&session.block) == Ok(Ok(Answer::Done))
        {
            break client;
        }
    };
    shared(&again, own_token());
    session.expect_room();
    session.end();
}
