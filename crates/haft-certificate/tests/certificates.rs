//! A server's certificate and the root that has signed it, valid for a hundred years.

use haft_certificate::{Fields, Request, Trouble, bundle, chain};
use proptest::collection::vec;
use proptest::prelude::*;

fn one(pem: &[u8]) -> Vec<u8> {
    bundle::read(pem).pop().expect("there is one")
}

fn root() -> Vec<u8> {
    one(include_bytes!("root.pem"))
}

fn server() -> Vec<u8> {
    one(include_bytes!("server.pem"))
}

/// In the year 2100.
const THEN: i64 = 4_102_444_800;

fn ask(roots: &[Vec<u8>], between: &[Vec<u8>], time: i64, usages: &[&str]) -> (usize, Trouble) {
    let usages: Vec<_> = usages.iter().map(|usage| (*usage).to_owned()).collect();
    let leaf = server();
    let found = chain::verify(&Request {
        leaf: &leaf,
        between,
        roots,
        time,
        usages: &usages,
        all_usages: false,
    });
    assert_eq!(found.certificates[0], leaf);
    (found.certificates.len(), found.trouble)
}

#[test]
fn what_is_wrong_is_told() {
    const SERVER: &str = "1.3.6.1.5.5.7.3.1";
    const CODE: &str = "1.3.6.1.5.5.7.3.3";
    let roots = [root()];
    assert_eq!(ask(&roots, &[], THEN, &[SERVER]), (2, Trouble::NONE));
    assert_eq!(ask(&roots, &[], THEN, &[]), (2, Trouble::NONE));
    assert_eq!(ask(&roots, &[], THEN, &[CODE, SERVER]), (2, Trouble::NONE));
    assert_eq!(ask(&roots, &[], THEN, &[CODE]), (2, Trouble::USAGE));
    assert_eq!(ask(&roots, &[], 0, &[]), (2, Trouble::TIME));
    assert_eq!(ask(&roots, &[], 2 * THEN, &[]), (2, Trouble::TIME));
    assert_eq!(ask(&[], &[], THEN, &[]), (1, Trouble::PARTIAL));
    assert_eq!(ask(&[], &roots, THEN, &[]), (2, Trouble::UNTRUSTED_ROOT));
    // It is trusted itself.
    assert_eq!(ask(&[server()], &[], THEN, &[SERVER]), (1, Trouble::NONE));
}

#[test]
fn a_server_has_its_names_alone() {
    for (name, is) in
        [("server.test", true), ("other.test", false), ("", false), ("127.0.0.1", false)]
    {
        assert_eq!(chain::is_for_server(&server(), name), is, "{name}");
    }
}

#[test]
fn fields_are_where_they_are_said_to_be() {
    let (der, root) = (server(), root());
    let fields = Fields::read(&der).expect("it is one");
    let issuer = Fields::read(&root).expect("it is one");
    assert_eq!(der[fields.issuer.clone()], root[issuer.subject.clone()]);
    assert!(issuer.is_self_issued(&root) && !fields.is_self_issued(&der));
    assert!(fields.is_valid_at(THEN) && !fields.is_valid_at(0));
    assert_eq!(fields.usages.as_deref(), Some(&["1.3.6.1.5.5.7.3.1".to_owned()][..]));
    assert_eq!(fields.key_algorithm.identifier, "1.2.840.10045.2.1");
    // The curve, as an object identifier.
    assert_eq!(der[fields.key_algorithm.parameters.clone()][..2], [6, 8]);
    assert_eq!((der[fields.key.clone()][0], fields.key.len()), (4, 65));
}

#[test]
fn a_bundle_is_read_past_what_is_none() {
    let text = [b"text\n".as_slice(), include_bytes!("root.pem"), include_bytes!("server.pem")];
    assert_eq!(bundle::read(&text.concat()), [root(), server()]);
    assert!(bundle::read(b"-----BEGIN CERTIFICATE-----\n!").is_empty());
}

proptest! {
    /// A damaged certificate is refused, or is another: never one that the root has signed.
    #[test]
    fn damage_is_noticed(changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let whole = server();
        let mut der = whole.clone();
        for (place, byte) in changes {
            let at = place.index(der.len());
            der[at] = byte;
        }
        let request = Request {
            leaf: &der,
            between: &[],
            roots: &[root()],
            time: THEN,
            usages: &[],
            all_usages: false,
        };
        let found = chain::verify(&request);
        prop_assert!(der == whole || found.trouble != Trouble::NONE);
        let _ = chain::is_for_server(&der, "server.test");
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in vec(any::<u8>(), 0..400)) {
        if let Some(fields) = Fields::read(&bytes) {
            prop_assert!(fields.subject.end <= bytes.len());
        }
        let _ = bundle::read(&bytes);
    }
}
