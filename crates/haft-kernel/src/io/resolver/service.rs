//! Services by name and by port: `/etc/services`, and where that is missing those that every
//! machine knows.

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Its port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
}

/// Those that programs ask for most.
const USUAL: &str = "echo 7/tcp\necho 7/udp\ndiscard 9/tcp sink null\ndaytime 13/tcp\nftp 21/tcp\n\
    ssh 22/tcp\ntelnet 23/tcp\nsmtp 25/tcp mail\ndomain 53/tcp\ndomain 53/udp\ntftp 69/udp\n\
    http 80/tcp www\npop3 110/tcp\nntp 123/udp\nimap 143/tcp imap4\nsnmp 161/udp\nldap 389/tcp\n\
    https 443/tcp MCom\nhttps 443/udp MCom\nsmtps 465/tcp\nsyslog 514/udp\nldaps 636/tcp\n\
    imaps 993/tcp\npop3s 995/tcp\n";

fn services(text: &str) -> impl Iterator<Item = Service> {
    text.lines().filter_map(|line| {
        let mut words = line.split('#').next().unwrap_or("").split_ascii_whitespace();
        let name = words.next()?.to_owned();
        let (port, protocol) = words.next()?.split_once('/')?;
        let aliases = words.map(str::to_owned).collect();
        Some(Service { name, aliases, port: port.parse().ok()?, protocol: protocol.to_owned() })
    })
}

fn find(wanted: impl Fn(&Service) -> bool) -> Option<Service> {
    let file = std::fs::read_to_string("/etc/services").unwrap_or_default();
    services(&file).find(&wanted).or_else(|| services(USUAL).find(&wanted))
}

fn over(service: &Service, protocol: Option<&str>) -> bool {
    protocol.is_none_or(|protocol| service.protocol.eq_ignore_ascii_case(protocol))
}

/// A service by one of its names.
#[must_use]
pub fn by_name(name: &str, protocol: Option<&str>) -> Option<Service> {
    find(|service| {
        over(service, protocol)
            && (service.name.eq_ignore_ascii_case(name)
                || service.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name)))
    })
}

/// A service by its port.
#[must_use]
pub fn by_port(port: u16, protocol: Option<&str>) -> Option<Service> {
    find(|service| over(service, protocol) && service.port == port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_services_are_known_everywhere() {
        assert_eq!(by_name("HTTP", Some("tcp")).unwrap().port, 80);
        assert_eq!(by_port(443, Some("tcp")).unwrap().name, "https");
        assert_eq!(by_name("no such service", None), None);
    }
}
