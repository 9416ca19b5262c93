//! A client of name servers: one question, one answer, over UDP, and over TCP what is too long
//! for that (RFC 1035).

use super::{Families, Host, NameError};
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// What `/etc/resolv.conf` says.
struct Settings {
    servers: Vec<IpAddr>,
    search: Vec<String>,
    /// A name of so many dots is asked for as it is first.
    dots: usize,
    timeout: Duration,
    attempts: u32,
}

/// The servers that are asked.
pub(super) fn servers() -> Vec<IpAddr> {
    Settings::of_machine().servers
}

impl Settings {
    fn of_machine() -> Self {
        Self::read(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
    }

    fn read(text: &str) -> Self {
        let mut settings = Self {
            servers: Vec::new(),
            search: Vec::new(),
            dots: 1,
            timeout: Duration::from_secs(5),
            attempts: 2,
        };
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("nameserver") => {
                    settings
                        .servers
                        .extend(words.next().and_then(|word| word.parse::<IpAddr>().ok()));
                }
                Some("search" | "domain") => {
                    settings.search = words.map(str::to_owned).collect();
                }
                Some("options") => words.for_each(|word| settings.option(word)),
                _ => {}
            }
        }
        // More are not asked, as everywhere.
        settings.servers.truncate(3);
        settings
    }

    fn option(&mut self, word: &str) {
        let Some((name, value)) = word.split_once(':') else { return };
        let Ok(value) = value.parse::<u32>() else { return };
        match name {
            "ndots" => self.dots = value.min(15) as usize,
            "timeout" => self.timeout = Duration::from_secs(value.clamp(1, 30).into()),
            "attempts" => self.attempts = value.clamp(1, 5),
            _ => {}
        }
    }

    /// The names that a name may stand for, in the order in which they are asked for.
    fn candidates(&self, name: &str) -> Vec<String> {
        if let Some(whole) = name.strip_suffix('.') {
            return vec![whole.to_owned()];
        }
        let mut names: Vec<String> =
            self.search.iter().map(|domain| format!("{name}.{domain}")).collect();
        let itself = name.to_owned();
        if name.matches('.').count() >= self.dots {
            names.insert(0, itself);
        } else {
            names.push(itself);
        }
        names
    }
}

/// What an answer says.
#[derive(Default)]
struct Found {
    name: Option<String>,
    addresses: Vec<IpAddr>,
    pointer: Option<String>,
}

fn question(id: u16, name: &str, kind: TYPE) -> Option<Vec<u8>> {
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name).ok()?;
    let question = Question::new(name, QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN), false);
    packet.questions.push(question);
    packet.build_bytes_vec().ok()
}

/// Reads an answer to a question; none if it is not one.
fn read(bytes: &[u8], id: u16, name: &str) -> Option<Result<Found, NameError>> {
    let packet = Packet::parse(bytes).ok()?;
    let asked = packet.questions.first()?.qname.to_string();
    let ours = packet.has_flags(PacketFlag::RESPONSE)
        && packet.id() == id
        && asked.trim_end_matches('.').eq_ignore_ascii_case(name);
    if !ours {
        return None;
    }
    match packet.rcode() {
        RCODE::NoError => {}
        RCODE::NameError => return Some(Err(NameError::NotFound)),
        RCODE::ServerFailure => return Some(Err(NameError::TryAgain)),
        _ => return Some(Err(NameError::Failure)),
    }
    let mut found = Found::default();
    for record in &packet.answers {
        match &record.rdata {
            RData::A(a) => found.addresses.push(IpAddr::V4(a.address.into())),
            RData::AAAA(a) => found.addresses.push(IpAddr::V6(a.address.into())),
            RData::PTR(pointer) => found.pointer = Some(pointer.0.to_string()),
            _ => continue,
        }
        found.name = Some(record.name.to_string());
    }
    Some(Ok(found))
}

fn over_udp(server: SocketAddr, question: &[u8], limit: Duration) -> std::io::Result<Vec<u8>> {
    let any: SocketAddr =
        if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = UdpSocket::bind(any)?;
    // Only this server's answers are heard.
    socket.connect(server)?;
    socket.set_read_timeout(Some(limit))?;
    socket.send(question)?;
    let mut answer = vec![0; 4096];
    let length = socket.recv(&mut answer)?;
    answer.truncate(length);
    Ok(answer)
}

fn over_tcp(server: SocketAddr, question: &[u8], limit: Duration) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, limit)?;
    stream.set_read_timeout(Some(limit))?;
    let length = u16::try_from(question.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes()[..], question].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn ask(settings: &Settings, name: &str, kind: TYPE) -> Result<Found, NameError> {
    let mut worst = NameError::TryAgain;
    for _ in 0..settings.attempts {
        for &server in &settings.servers {
            let mut random = [0; 2];
            crate::ex::random::fill(&mut random).map_err(|_| NameError::Failure)?;
            let id = u16::from_ne_bytes(random);
            let question = question(id, name, kind).ok_or(NameError::NotFound)?;
            let server = SocketAddr::new(server, 53);
            let Ok(mut answer) = over_udp(server, &question, settings.timeout) else { continue };
            let truncated =
                Packet::parse(&answer).is_ok_and(|packet| packet.has_flags(PacketFlag::TRUNCATION));
            if truncated && let Ok(whole) = over_tcp(server, &question, settings.timeout) {
                answer = whole;
            }
            match read(&answer, id, name) {
                Some(Err(error @ (NameError::TryAgain | NameError::Failure))) => worst = error,
                Some(result) => return result,
                None => worst = NameError::Failure,
            }
        }
    }
    Err(worst)
}

fn settings() -> Result<Settings, NameError> {
    let settings = Settings::of_machine();
    if settings.servers.is_empty() {
        crate::log::say_once("no name server is in /etc/resolv.conf; names of hosts are not found");
        return Err(NameError::NotFound);
    }
    Ok(settings)
}

/// The addresses of a host.
pub(super) fn addresses(name: &str, wanted: Families) -> Result<Host, NameError> {
    let settings = settings()?;
    let mut error = NameError::NotFound;
    for candidate in settings.candidates(name) {
        let mut host = Host { name: candidate.clone(), addresses: Vec::new() };
        let mut nothing = None;
        for kind in [(wanted.v6, TYPE::AAAA), (wanted.v4, TYPE::A)]
            .into_iter()
            .filter_map(|(asked, kind)| asked.then_some(kind))
        {
            match ask(&settings, &candidate, kind) {
                Ok(found) => {
                    host.name = found.name.unwrap_or(host.name);
                    host.addresses.extend(found.addresses.into_iter().filter(|a| wanted.has(a)));
                    nothing = Some(NameError::NoData);
                }
                Err(error) => nothing = nothing.or(Some(error)),
            }
        }
        if !host.addresses.is_empty() {
            return Ok(host);
        }
        error = match nothing {
            Some(NameError::NotFound) | None => error,
            Some(other) => other,
        };
        if error == NameError::TryAgain {
            break;
        }
    }
    Err(error)
}

/// The name of the host that has an address.
pub(super) fn name_of(address: IpAddr) -> Result<String, NameError> {
    let name = match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let digits = v6
                .octets()
                .into_iter()
                .rev()
                .map(|byte| format!("{:x}.{:x}.", byte & 15, byte >> 4));
            format!("{}ip6.arpa", digits.collect::<String>())
        }
    };
    ask(&settings()?, &name, TYPE::PTR)?.pointer.ok_or(NameError::NoData)
}

#[cfg(test)]
mod tests {
    use super::*;
    use simple_dns::ResourceRecord;
    use simple_dns::rdata::A;

    #[test]
    fn a_short_name_is_looked_for_in_the_domains_first() {
        let text = "nameserver 10.0.0.1\nnameserver ::1\nsearch a.test b.test\noptions ndots:2 x\n";
        let settings = Settings::read(text);
        assert_eq!(settings.servers.len(), 2);
        assert_eq!(settings.candidates("host"), ["host.a.test", "host.b.test", "host"]);
        assert_eq!(settings.candidates("a.b.c")[0], "a.b.c");
        assert_eq!(settings.candidates("host."), ["host"]);
    }

    #[test]
    fn only_the_answer_to_the_question_is_believed() {
        let asked = question(7, "host.test", TYPE::A).unwrap();
        let mut reply = Packet::parse(&asked).unwrap().into_reply();
        let name = Name::new("host.test").unwrap();
        let address = RData::A(A { address: 0x0A00_0001 });
        reply.answers.push(ResourceRecord::new(name, CLASS::IN, 60, address));
        let bytes = reply.build_bytes_vec().unwrap();
        let found = read(&bytes, 7, "HOST.test").unwrap().unwrap();
        assert_eq!(found.addresses, [IpAddr::from([10, 0, 0, 1])]);
        assert!(read(&bytes, 8, "host.test").is_none());
        assert!(read(&bytes, 7, "other.test").is_none());
        assert!(read(&asked, 7, "host.test").is_none(), "a question is no answer");
        for length in 0..bytes.len() {
            let _ = read(&bytes[..length], 7, "host.test");
        }
    }
}
