use crate::expand::expand;
use crate::options::Options;

fn options(text: &str) -> syn::Result<Options> {
    syn::parse_str(text)
}

/// The code that an attribute makes, without spaces, or what it says is wrong.
fn made(attribute: &str, item: &str) -> Result<String, String> {
    options(attribute)
        .and_then(|options| expand(&options, syn::parse_str(item)?))
        .map(|code| code.to_string().replace(' ', ""))
        .map_err(|error| error.to_string())
}

#[test]
fn names_and_ordinals_are_read() {
    let o = options(r#"ws2_32(ordinal = 3), "winspool.drv", name = "_x", also = "y""#).unwrap();
    let dlls: Vec<_> = o.dlls.iter().map(|dll| (dll.file.as_str(), dll.ordinal)).collect();
    assert_eq!(dlls, [("ws2_32.dll", Some(3)), ("winspool.drv", None)]);
    let [variant] = &o.variants("X")[..] else { panic!("one variant") };
    assert_eq!((variant.name.as_str(), variant.item.as_str()), ("_x", "EXPORT_X"));
    assert_eq!(variant.also, ["y"]);
    let o = options("ws2_32, ordinal = 115").unwrap();
    assert_eq!(o.dlls[0].ordinal, Some(115));
}

#[test]
fn a_charset_makes_two_variants_of_every_name() {
    let o = options(r#"kernel32, charset, also = "Other""#).unwrap();
    let names: Vec<_> = o.variants("Get").into_iter().map(|v| (v.name, v.item, v.also)).collect();
    let expected = [("GetA", "EXPORT_GetA", "OtherA"), ("GetW", "EXPORT_GetW", "OtherW")];
    assert_eq!(
        names,
        expected.map(|(name, item, also)| (name.into(), item.into(), vec![also.to_owned()]))
    );
}

#[test]
fn the_description_reads_as_the_source_does() {
    let code = made(
        "kernel32",
        "/// Does a\n/// thing.\n///\n/// More.\nfn F(_p: Ptr<u8>, a: Option<In<[u8; 4]>>) -> Result<(), E> {}",
    )
    .unwrap();
    assert!(code.contains(r#"signature:"p:Ptr<u8>;a:Option<In<[u8;4]>>""#), "{code}");
    assert!(code.contains(r#"returns:"Result<(),E>""#), "{code}");
    assert!(code.contains(r#"doc:"Doesathing.""#), "{code}");
}

#[test]
fn mistakes_are_named() {
    let wrong = |attribute, item| made(attribute, item).unwrap_err();
    for (attribute, item, says) in [
        ("", "fn F() {}", "name at least one DLL"),
        ("kernel32, ordinal", "fn F() {}", "expected a DLL's name"),
        ("kernel32, colour = 1", "fn F() {}", "expected a DLL's name"),
        ("a, b, ordinal = 3", "fn F() {}", "give each its own"),
        ("a, raw, charset", "fn F() {}", "exclude each other"),
        ("a, charset", "fn F() {}", "one type parameter"),
        ("a", "fn F<C>() {}", "only a `charset` export may be generic"),
        ("a", "extern \"C\" fn F() {}", "say `raw`"),
        ("a, raw", "fn F() {}", "a raw export is an `extern \"win64\" fn`"),
        ("a, variadic", "fn F(a: u32) {}", "last parameter is its `VaList`"),
        ("a", "fn F((a, b): (u32, u32)) {}", "name the parameter"),
        ("a", "fn F(&self) {}", "free function"),
        ("a, b", "static X: Data<i32> = D;", "a variable has one place"),
        ("a, charset", "static X: Data<i32> = D;", "are for functions"),
        ("a", "struct X;", "only a `fn` or a `static`"),
    ] {
        let said = wrong(attribute, item);
        assert!(said.contains(says), "{attribute}: {item}: {said}");
    }
}
