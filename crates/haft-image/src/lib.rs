//! PE images: parse, map, relocate, bind, TLS, unwind.
