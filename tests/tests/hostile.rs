//! Clients of the executive that are no haft processes: each is dropped with one line on the log,
//! and all others go on.

use haft_abi::{AccessMask, NtStatus, Pid};
use haft_object::{SharedId, ThreadIndex};
use haft_tests::client::{Block, Client, PATIENCE};
use haft_tests::hostile::Session;
use haft_tests::{Run, fixture, haft};
use haft_wire::{Answer, MAX_PACKET, NewHandle, PROTOCOL, ProcessAnswer, ProcessRequest, Request};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::io::{BufRead, BufReader, Read, Write};
use std::time::Instant;

fn own() -> Pid {
    Pid(std::process::id())
}

fn bytes(request: &Request) -> Vec<u8> {
    haft_wire::encode(request).expect("it fits a packet")
}

/// A thread's number as it is on the wire.
fn thread(number: u8) -> ThreadIndex {
    haft_wire::decode(&[number]).expect("a small number is one byte")
}

fn pipe() -> (OwnedFd, OwnedFd) {
    rustix::pipe::pipe().expect("a pipe can be made")
}

#[test]
fn bytes_that_are_no_message() {
    let mut session = Session::new("bytes");
    let (reserve, release) = (bytes(&Request::Reserve), [255; 40]);
    let too_long = [&reserve[..], &[0]].concat();
    for (count, wrong) in [&release[..], &too_long].into_iter().enumerate() {
        let client = session.connect();
        client.send(wrong, &[]).expect("it is sent");
        session.expect_dropped(&client);
        let client = session.greeted();
        client.send(wrong, &[]).expect("it is sent");
        session.expect_dropped(&client);
        session.expect_log(2 * count + 2, "no message");
    }
    session.end();
}

#[test]
fn packets_that_are_none() {
    let mut session = Session::new("packets");
    let (read, _write) = pipe();
    let many = vec![read.as_fd(); 5];
    let most = vec![read.as_fd(); 250];
    let large = vec![0; MAX_PACKET + 1];
    let wrong: [(&[u8], &[BorrowedFd<'_>]); 4] =
        [(&[], &[]), (&large, &[]), (&[2], &many), (&[2], &most)];
    for (count, (bytes, fds)) in wrong.into_iter().enumerate() {
        let client = session.greeted();
        send_any(&client, bytes, fds);
        session.expect_dropped(&client);
        session.expect_log(count + 1, "a packet that is empty, too large");
    }
    session.end();
}

/// Sends a packet with more descriptors beside it than haft's own have.
fn send_any(client: &Client, bytes: &[u8], fds: &[BorrowedFd<'_>]) {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    let size = SendAncillaryMessage::ScmRights(fds).size();
    let mut space = vec![std::mem::MaybeUninit::uninit(); size.max(1)];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(fds)));
    }
    let slice = std::io::IoSlice::new(bytes);
    sendmsg(&client.socket, &[slice], &mut control, SendFlags::NOSIGNAL).expect("it is sent");
}

#[test]
fn who_does_not_say_hello_as_it_should() {
    let mut session = Session::new("hello");
    let (read, _write) = pipe();
    let hello = bytes(&Request::Hello { protocol: PROTOCOL });
    let other = bytes(&Request::Hello { protocol: PROTOCOL + 1 });
    let unsealed = rustix::fs::memfd_create("block", rustix::fs::MemfdFlags::CLOEXEC);
    let unsealed = unsealed.expect("a memory file");
    rustix::fs::ftruncate(&unsealed, haft_object::block::BLOCK_SIZE as u64).expect("its length");
    let short = haft_host::mem::memfd("block", 4096).expect("a memory file");
    let zero = haft_host::mem::memfd("block", haft_object::block::BLOCK_SIZE as u64);
    let zero = zero.expect("a memory file");
    let stranger = Block::new(&session.address, Pid(1));
    let elsewhere = Block::new(b"haft/0/another", own());
    let fine = session.block.file.try_clone().expect("a descriptor");
    let wrong: [(&[u8], Vec<BorrowedFd<'_>>); 10] = [
        (&bytes(&Request::Reserve), vec![]),
        (&other, vec![fine.as_fd()]),
        (&hello, vec![]),
        (&hello, vec![fine.as_fd(), fine.as_fd()]),
        (&hello, vec![read.as_fd()]),
        (&hello, vec![unsealed.as_fd()]),
        (&hello, vec![short.as_fd()]),
        (&hello, vec![zero.as_fd()]),
        (&hello, vec![stranger.file.as_fd()]),
        (&hello, vec![elsewhere.file.as_fd()]),
    ];
    let count = wrong.len();
    for (bytes, fds) in wrong {
        let client = session.connect();
        client.send(bytes, &fds).expect("it is sent");
        session.expect_dropped(&client);
    }
    session.expect_log(count, "a request that no haft process makes");
    // Twice; and once too often, which is not the first one's fault.
    let client = session.greeted();
    assert!(Client::connect(&session.address).expect("it listens").greet(&session.block).is_err());
    assert_eq!(client.ask(&Request::Reserve, &[]).map(|reply| reply.is_ok()), Ok(true));
    client.send(&hello, &[fine.as_fd()]).expect("it is sent");
    session.expect_dropped(&client);
    session.expect_log(count + 2, "a request that no haft process makes");
    session.end();
}

#[test]
fn who_does_not_read_its_answers() {
    let mut session = Session::new("deaf");
    let client = session.greeted();
    let query =
        bytes(&Request::Process(ProcessRequest::Open { pid: own(), access: AccessMask(0x1000) }));
    let start = Instant::now();
    while client.send(&query, &[]).is_ok() {
        assert!(start.elapsed() < PATIENCE, "it is served for ever");
    }
    session.worker.expect_fine();
    session.expect_log(1, "does not read its answers");
    session.end();
}

/// Numbers that stand for nothing are an error, or the end of who names them.
#[test]
fn numbers_that_it_was_never_given() {
    let mut session = Session::new("numbers");
    let client = session.greeted();
    let object = SharedId(77);
    let process = |request| Request::Process(request);
    for request in [
        Request::Publish {
            object,
            state: haft_object::DispatcherState::Mutant {
                count: 0,
                owner: Some(thread(9)),
                abandoned: false,
            },
            waiting: vec![],
        },
        Request::Accept { offer: 0 },
        Request::Offer { to: own(), objects: vec![(object, AccessMask(1))] },
        process(ProcessRequest::Terminate { object, code: 1 }),
        process(ProcessRequest::Open { pid: Pid(0), access: AccessMask(1) }),
        process(ProcessRequest::Open { pid: Pid(u32::MAX), access: AccessMask(1) }),
        process(ProcessRequest::Handles { object, after: u64::MAX }),
    ] {
        assert!(matches!(client.ask(&request, &[]), Ok(Err(_))), "{request:?}");
    }
    client.send(&bytes(&Request::Release { object }), &[]).expect("it is sent");
    session.expect_dropped(&client);
    session.expect_log(1, "a request that no haft process makes");
    session.end();
}

/// Whatever a process block says, what is asked about it is answered or costs its process alone.
#[test]
fn a_block_may_say_anything() {
    let mut session = Session::new("block");
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..20 {
        session.block.format(&session.address, own());
        let client = session.greeted();
        let opened = client.ask(
            &Request::Process(ProcessRequest::Open { pid: own(), access: AccessMask(0x1F_FFFF) }),
            &[],
        );
        let Ok(Ok(Answer::Process(ProcessAnswer::Opened { object, .. }))) = opened else {
            panic!("{opened:?}");
        };
        // The header's counters, the first thread, records and entries; then anything at all.
        for _ in 0..400 {
            let at = match next() % 4 {
                // What says that it is a block may stay.
                0 => 4 + next() % 60,
                1 => 512 + next() % 300,
                _ => next(),
            };
            session.block.store(at as usize, if round % 2 == 0 { next() } else { next() % 5 });
        }
        let handle = |value: u64| ProcessRequest::Duplicate {
            source: object,
            handle: value,
            thread: haft_abi::Tid(own().0),
            target: Some(object),
            access: AccessMask(0),
            inherit: true,
            options: 3,
            beside: None,
        };
        let mut requests: Vec<Request> =
            (0..40).map(|at| Request::Process(handle(at * 4))).collect();
        requests.push(Request::Process(ProcessRequest::Handles { object, after: 0 }));
        requests.push(Request::Process(ProcessRequest::Query { object }));
        for thread in (0..3).map(thread) {
            requests.push(Request::ThreadEnded { thread, code: 1 });
        }
        let answered = requests.iter().try_for_each(|request| match client.ask(request, &[]) {
            Ok(_) => Ok(()),
            Err(haft_host::packet::Gone::Disconnected) => Err(()),
            Err(other) => panic!("{request:?}: {other:?}"),
        });
        drop((answered, client));
        session.worker.expect_fine();
    }
    session.end();
}

/// A block for somebody else's process would keep that process out.
#[test]
fn who_tells_of_processes_that_are_not_its_children() {
    let mut session = Session::new("register");
    // A child of somebody else's.
    let script = r#"exec 3<&0; "$@" <&3 & echo $!; wait $!"#;
    let run = Run::bare("sh").args(["-c", script, "sh"]).arg(haft());
    let mut quiet = run
        .args(["--session", &session.name])
        .arg(fixture("child.exe"))
        .args("eof then create event calm then echo there".split(' '))
        .start();
    let mut said = BufReader::new(quiet.stdout.take().expect("stdout is a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("the shell says it");
    let pid = Pid(line.trim().parse().expect("an identifier"));
    let client = session.greeted();
    let pidfd = haft_host::spawn::open_process(pid).expect("it runs");
    let false_block = Block::new(&session.address, pid);
    let register = bytes(&Request::Process(ProcessRequest::Register { pid }));
    client.send(&register, &[pidfd.as_fd(), false_block.file.as_fd()]).expect("it is sent");
    session.expect_dropped(&client);
    session.expect_log(1, "a request that no haft process makes");
    drop(quiet.stdin.take());
    let mut text = String::new();
    said.read_to_string(&mut text).expect("text");
    assert!(text.contains("there"), "{text}");
    assert_eq!(quiet.wait().expect("a child").code(), Some(0));
    session.end();
}

/// What waits for others has its limit, and leaves room for who is new.
#[test]
fn who_offers_without_end() {
    let mut session = Session::new("offers");
    let client = session.greeted();
    let (read, _write) = pipe();
    let four = [read.as_fd(); 4];
    let request = ProcessRequest::Open { pid: own(), access: AccessMask(0x40) };
    let opened = client.ask(&Request::Process(request), &[]);
    let Ok(Ok(Answer::Process(ProcessAnswer::Opened { object: target, .. }))) = opened else {
        panic!("{opened:?}");
    };
    let new = NewHandle {
        object_type: haft_object::ObjectType::File as u8,
        access: AccessMask(1),
        flags: 0,
    };
    let parcel = Request::Send { target, parcel: vec![7; haft_wire::MAX_PARCEL], new };
    let start = Instant::now();
    let refused = loop {
        assert!(start.elapsed() < PATIENCE, "it offers for ever");
        match client.ask(&parcel, &four) {
            Ok(Ok(_)) => {}
            other => break other,
        }
    };
    assert_eq!(refused, Ok(Err(NtStatus::INSUFFICIENT_RESOURCES)));
    session.worker.expect_fine();
    session.expect_room();
    drop(client);
    session.expect_log(0, "");
    session.end();
}

#[test]
fn who_connects_without_end() {
    let mut session = Session::new("connections");
    let connect = |_| Client::connect(&session.address).ok();
    let clients: Vec<Client> = (0..100).filter_map(connect).collect();
    session.worker.expect_fine();
    session.expect_room();
    let dropped = clients.iter().filter(|c| haft_host::packet::has_hung_up(&c.socket)).count();
    assert_eq!(dropped, clients.len() - 16);
    session.expect_log(dropped, "again and again");
    session.end();
}

/// A socket that lingers is closed by who can wait for it.
#[test]
fn a_descriptor_that_takes_long_to_close() {
    let mut session = Session::new("linger");
    let client = session.greeted();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let here = std::net::TcpStream::connect(listener.local_addr().expect("it has one"));
    let mut here = here.expect("it listens");
    let (_never_reads, _) = listener.accept().expect("it has connected");
    here.set_nonblocking(true).expect("it can be");
    while here.write(&[0; 65536]).is_ok() {}
    here.set_nonblocking(false).expect("it can be");
    let long = Some(std::time::Duration::from_secs(3600));
    rustix::net::sockopt::set_socket_linger(&here, long).expect("it lingers");
    // The executive's descriptor of it is to be the last one, so this process's is closed first.
    // Linux names whoever began to listen as a socket's other end, and that is no executive.
    let executive = haft_tests::session::executive_of(&session.name).expect("it serves");
    let executive = rustix::process::Pid::from_raw(executive as i32).expect("an identifier");
    haft_tests::stopped::stop(executive);
    client.send(&bytes(&Request::Reserve), &[here.as_fd()]).expect("it is sent");
    drop(here);
    haft_tests::stopped::go(executive);
    session.expect_dropped(&client);
    session.expect_log(1, "a request that no haft process makes");
    session.end();
}

/// One that asks without end does not keep others waiting.
#[test]
fn a_flood_of_requests() {
    let mut session = Session::new("flood");
    let client = session.greeted();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let leave = bytes(&Request::Decline { offer: 5 });
        let (client, stop) = (&client, &stop);
        let flood = scope.spawn(move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                client.send(&leave, &[]).expect("it is served");
            }
        });
        let start = Instant::now();
        for _ in 0..20 {
            session.worker.expect_fine();
        }
        assert!(start.elapsed() < PATIENCE / 2);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        flood.join().expect("it does not panic");
    });
    session.expect_log(0, "");
    session.end();
}
