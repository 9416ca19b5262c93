//! The loop: connections come and go, requests are answered.

use crate::calls::{Bells, Callers};
use crate::chores;
use crate::client::Session;
use crate::clients::Clients;
use crate::dropped::{self, Over, Why};
use crate::jobs::Jobs;
use crate::objects::SharedObjects;
use crate::offers::Offers;
use crate::registry::{self, Registry};
use crate::sections;
use crate::service::Services;
use haft_abi::{NtStatus, Pid};
use haft_host::packet::{self, Gone};
use haft_host::rustix::event::epoll::{self, EventData, EventFlags};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::time::Timespec;
use haft_host::{clock, descriptor};
use haft_wire::process::session_tag;
use haft_wire::{Answer, MAX_PACKET, Reply, Request};
use slab::Slab;

/// What an event is about: connections, jobs, a client, or the end of a process.
const LISTENER: u64 = u64::MAX;
const JOBS: u64 = u64::MAX - 1;
const BELLS: u64 = u64::MAX - 2;
const RECEIVER: u64 = 1 << 32;

/// How many requests of one client are answered before the next client's, and for how long, in
/// 100 ns units.
const REQUESTS_AT_A_TIME: u32 = 64;
const TURN: u64 = 10_000;
/// How many connections of one process may be without a hello: a few are of attempts that were given
/// up, or of children of a process that forked.
const UNGREETED: usize = 16;
/// How long the first client may take to connect, in 100 ns units.
const FIRST_CLIENT: u64 = 10 * 10_000_000;

struct Connection {
    socket: OwnedFd,
    /// Who is at the other end, as Linux told it.
    pid: Pid,
    /// Whether it has said hello.
    greeted: bool,
}

/// Serves the processes of a session that connect to `listener`, until the last one is gone.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`, `NO_MEMORY`, when it cannot even begin.
pub fn serve(listener: &OwnedFd) -> Result<(), NtStatus> {
    packet::never_wait(listener)?;
    let own = packet::peer(listener)?.user;
    let epoll =
        epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
    watch(&epoll, listener, LISTENER)?;
    let mut objects = SharedObjects::new()?;
    let room = descriptor::have_all();
    objects.limit_sections(room as usize / sections::SHARE);
    let mut jobs = Jobs::new()?;
    watch(&epoll, jobs.ready(), JOBS)?;
    let mut registry = Registry::new(session_of(listener));
    let mut offers = Offers::new(room);
    let mut services = Services::default();
    let mut clients = Clients::new(session_tag(&packet::listens_at(listener)));
    let mut bells = Bells::new()?;
    watch(&epoll, bells.heard(), BELLS)?;
    let mut callers = Callers::new();
    let mut session = Session {
        objects: &mut objects,
        jobs: &mut jobs,
        registry: &mut registry,
        offers: &mut offers,
        services: &mut services,
        clients: &mut clients,
        bells: &mut bells,
        watch: &mut |pidfd, pid| watch_end(&epoll, pidfd, pid),
    };
    let mut connections = Connections::new(own);
    let mut served = false;
    let mut buffer = vec![0; MAX_PACKET];
    let mut events = Vec::with_capacity(64);
    loop {
        let timers = session.objects.expire_timers().map(|due| session.objects.left(due));
        let limits = session.jobs.keep_time(session.objects);
        let later = session.has_later().then_some(registry::STEP);
        let due = [timers, limits, later].into_iter().flatten().min().map(timespec);
        let due = if served { due } else { Some(timespec(FIRST_CLIENT)) };
        events.clear();
        callers.wait(&session, &epoll, &mut events, due.as_ref());
        if !served && events.is_empty() {
            // Who started this executive is gone.
            return Ok(());
        }
        connections.drop_all(callers.answer(&mut session), &mut session);
        for (pid, answered) in session.try_later() {
            connections.answer_later(pid, answered, &mut session);
        }
        for event in &events {
            match event.data.u64() {
                LISTENER => connections.accept(&epoll, listener, session.clients, session.objects),
                JOBS => session.jobs.look(),
                // They have been answered.
                BELLS => {}
                data if data & RECEIVER != 0 => {
                    let pid = Pid(data as u32);
                    connections.drop_all(callers.finish(pid, &mut session), &mut session);
                    session.offers.forget(pid, session.objects);
                    session.services.forget(pid);
                    session.clients.bury(pid, session.objects);
                }
                data => {
                    let key = data as usize;
                    let Some(connection) = connections.all.get_mut(key) else { continue };
                    served = true;
                    let mut lost = Vec::new();
                    let done = serve_client(
                        connection,
                        &mut buffer,
                        &mut callers,
                        &mut lost,
                        &mut session,
                    );
                    if let Err(over) = done {
                        if over == Over::Left && connection.greeted {
                            lost.extend(callers.finish(connection.pid, &mut session));
                        }
                        connections.remove(key, over, &mut session);
                    }
                    connections.drop_all(lost, &mut session);
                }
            }
        }
        session.objects.proxies.tidy();
        for job in session.objects.take_closed_jobs() {
            session.jobs.closed(&job);
        }
        // A job is kept by what is in it: its limits hold, and its processes' children are born
        // into it.
        let idle = session.offers.is_empty()
            && session.jobs.is_empty()
            && session.clients.is_idle(session.objects);
        if served && connections.all.is_empty() && idle {
            // Who has connected meanwhile is served; who does later starts another executive.
            connections.accept(&epoll, listener, session.clients, session.objects);
            if connections.all.is_empty() {
                return Ok(());
            }
        }
    }
}

/// The session that is served at a listener: the last part of its name.
fn session_of(listener: &OwnedFd) -> String {
    let name = packet::own_name(listener).unwrap_or_default();
    let session = name.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    String::from_utf8_lossy(session).into_owned()
}

fn watch(epoll: &OwnedFd, fd: &OwnedFd, data: u64) -> Result<(), NtStatus> {
    epoll::add(epoll, fd, EventData::new_u64(data), EventFlags::IN)
        .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)
}

/// Once: who has ended stays so.
fn watch_end(epoll: &OwnedFd, pidfd: &OwnedFd, pid: Pid) -> Result<(), NtStatus> {
    let data = EventData::new_u64(RECEIVER | u64::from(pid.0));
    epoll::add(epoll, pidfd, data, EventFlags::IN | EventFlags::ONESHOT)
        .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)
}

fn timespec(ticks: u64) -> Timespec {
    // Rounded up to a microsecond, lest the loop spins.
    let ticks = ticks.saturating_add(10).min(i64::MAX as u64);
    Timespec { tv_sec: (ticks / 10_000_000) as i64, tv_nsec: (ticks % 10_000_000 * 100) as i64 }
}

/// Who is connected.
struct Connections {
    all: Slab<Connection>,
    /// The user whose session it is.
    own: u32,
    /// Given up for a moment when there is no other descriptor left.
    spare: Option<OwnedFd>,
}

impl Connections {
    fn new(own: u32) -> Self {
        Self { all: Slab::new(), own, spare: None }
    }

    /// Takes those who have connected.
    fn accept(
        &mut self,
        epoll: &OwnedFd,
        listener: &OwnedFd,
        clients: &Clients,
        objects: &SharedObjects,
    ) {
        if self.spare.is_none() {
            self.spare = epoll.try_clone().ok();
        }
        loop {
            match packet::accept_next(listener) {
                Ok(Some(socket)) => self.add(epoll, socket, clients, objects),
                Ok(None) => return,
                // One that nobody takes would be reported for ever.
                Err(_) => {
                    if self.spare.take().is_none() {
                        return;
                    }
                    if let Ok(Some(socket)) = packet::accept_next(listener)
                        && let Ok(peer) = packet::peer(&socket)
                    {
                        dropped::say(peer.pid, Why::Room, clients);
                    }
                    self.spare = epoll.try_clone().ok();
                }
            }
        }
    }

    /// One is gone, or is to go: what its process held is given back.
    fn remove(&mut self, key: usize, over: Over, session: &mut Session<'_>) {
        let gone = self.all.remove(key);
        if let Over::Dropped(why) = over {
            dropped::say(gone.pid, why, session.clients);
        }
        if gone.greeted {
            session.bells.remove(gone.pid);
            session.forget_later(gone.pid);
            session.clients.leave(gone.pid, session.objects);
        }
    }

    /// Sends an answer that had to wait.
    fn answer_later(
        &mut self,
        pid: Pid,
        answered: Result<(Answer, Vec<OwnedFd>), NtStatus>,
        session: &mut Session<'_>,
    ) {
        let of_it = self.all.iter().find(|(_, c)| c.greeted && c.pid == pid);
        if let Some((key, connection)) = of_it
            && let Err(over) = reply(connection, answered.map(Some))
        {
            self.remove(key, over, session);
        }
    }

    /// Drops processes that have called what no haft process calls.
    fn drop_all(&mut self, lost: Vec<(Pid, Why)>, session: &mut Session<'_>) {
        for (pid, why) in lost {
            let of_it = self.all.iter().find(|(_, c)| c.greeted && c.pid == pid);
            if let Some((key, _)) = of_it {
                self.remove(key, Over::Dropped(why), session);
            }
        }
    }

    fn add(
        &mut self,
        epoll: &OwnedFd,
        socket: OwnedFd,
        clients: &Clients,
        objects: &SharedObjects,
    ) {
        // A session is one user's, and of those whose processes it has created as somebody else.
        let Ok(peer) = packet::peer(&socket) else { return };
        if peer.user != self.own && !objects.security.is_admitted(peer.pid, peer.user) {
            return;
        }
        let ungreeted = |c: &&Connection| c.pid == peer.pid && !c.greeted;
        if self.all.iter().map(|(_, c)| c).filter(ungreeted).count() >= UNGREETED {
            return dropped::say(peer.pid, Why::Connections, clients);
        }
        let entry = self.all.vacant_entry();
        if watch(epoll, &socket, entry.key() as u64).is_ok() {
            entry.insert(Connection { socket, pid: peer.pid, greeted: false });
        }
    }
}

/// Answers what a client has asked; those who are to be dropped because of calls that came before
/// are added to `lost`.
///
/// # Errors
/// It is gone, or is to go.
fn serve_client(
    connection: &mut Connection,
    buffer: &mut [u8],
    callers: &mut Callers,
    lost: &mut Vec<(Pid, Why)>,
    session: &mut Session<'_>,
) -> Result<(), Over> {
    // Others have their turn when this one asks without end.
    let until = clock::interrupt_time() + TURN;
    for served in 0..REQUESTS_AT_A_TIME {
        if served > 0 && clock::interrupt_time() >= until {
            break;
        }
        let (bytes, fds) = match packet::receive(&connection.socket, buffer) {
            Ok(packet) => packet,
            Err(Gone::WouldBlock) => return Ok(()),
            Err(gone) => return Err(Over::not_received(&connection.socket, gone)),
        };
        let held = chores::keep_open(&fds);
        let answered = match haft_wire::decode::<Request>(bytes) {
            // It waits for nothing any more, and is to be handed nothing over.
            Ok(Request::Join(_)) if has_ended(connection, session) => Ok(()),
            Ok(request) => {
                // What it knows to be called already is answered before.
                lost.extend(callers.answer(session));
                answer(connection, request, fds, session)
            }
            Err(_) => {
                drop(fds);
                Err(Over::Dropped(Why::Message))
            }
        };
        chores::close(held);
        answered?;
    }
    Ok(())
}

fn has_ended(connection: &Connection, session: &Session<'_>) -> bool {
    session.clients.get(connection.pid).is_ok_and(|client| client.process.has_ended())
}

/// Answers one request.
fn answer(
    connection: &mut Connection,
    request: Request,
    fds: Vec<OwnedFd>,
    session: &mut Session<'_>,
) -> Result<(), Over> {
    let answered = session.answer(connection.pid, &mut connection.greeted, request, fds);
    reply(connection, answered)
}

/// Sends an answer, if there is one.
fn reply(
    connection: &Connection,
    answered: Result<Option<(Answer, Vec<OwnedFd>)>, NtStatus>,
) -> Result<(), Over> {
    let (reply, fds): (Reply, _) = match answered {
        Ok(None) => return Ok(()),
        Ok(Some((answer, fds))) => (Ok(answer), fds),
        Err(NtStatus::PORT_DISCONNECTED) => return Err(Over::Dropped(Why::Request)),
        Err(status) => (Err(status), Vec::new()),
    };
    let bytes = haft_wire::encode(&reply).or_else(|error| haft_wire::encode(&Reply::Err(error)));
    let bytes = bytes.map_err(|_| Over::Dropped(Why::Deaf))?;
    // A client has one request under way, so its socket has room; one that does not read is
    // none of haft's.
    let beside: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
    let sent = packet::send(connection.socket.as_fd(), &bytes, &beside);
    chores::close(fds);
    sent.map_err(Over::not_sent)
}
