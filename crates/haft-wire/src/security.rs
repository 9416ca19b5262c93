//! Who asks, and how objects are protected: what is asked and answered of it.

use haft_abi::AccessMask;
use haft_object::SharedId;
use haft_object::security::{
    Changed, Luid, SecurityDescriptor, SecurityInformation, Token, TokenChange,
};
use serde::{Deserialize, Serialize};

/// What a process asks about security.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SecurityRequest {
    /// Makes another request: as whoever a token says, and protecting what is created so. Its
    /// answer is the other one's.
    As {
        /// The token in effect, where it is another than that of the process's Linux account.
        token: Option<Box<Token>>,
        /// The descriptor of what is created.
        descriptor: Option<SecurityDescriptor>,
        /// The bytes of the other request.
        request: Vec<u8>,
    },
    /// More access to an object that is no process or thread: [`SecurityAnswer::Access`].
    Widen {
        /// The object.
        object: SharedId,
        /// What is to be done with it.
        access: AccessMask,
    },
    /// An object's descriptor: [`SecurityAnswer::Descriptor`].
    Describe {
        /// The object.
        object: SharedId,
        /// Which parts of it.
        parts: SecurityInformation,
    },
    /// Sets parts of an object's descriptor: [`SecurityAnswer::Done`].
    Protect {
        /// The object.
        object: SharedId,
        /// Which parts.
        parts: SecurityInformation,
        /// Where they are.
        descriptor: SecurityDescriptor,
    },
    /// The primary token of a process: [`SecurityAnswer::Token`].
    TokenOf {
        /// The process.
        process: SharedId,
        /// What is to be done with it.
        access: AccessMask,
    },
    /// How the asker's own primary token is protected from now on: [`SecurityAnswer::Done`].
    ProtectToken {
        /// The whole descriptor.
        descriptor: SecurityDescriptor,
    },
    /// The token that the asker has given a child of its own: [`SecurityAnswer::Done`].
    Assign {
        /// The child.
        process: SharedId,
        /// Its token.
        token: Box<Token>,
    },
    /// A token of the asker's becomes one that others can have: [`SecurityAnswer::Shared`].
    Share {
        /// The token.
        token: Box<Token>,
        /// Its number.
        id: Luid,
    },
    /// A shared token: [`SecurityAnswer::Token`].
    Token {
        /// The token.
        object: SharedId,
    },
    /// Changes a shared token: [`SecurityAnswer::Changed`].
    Change {
        /// The token.
        object: SharedId,
        /// How.
        change: TokenChange,
        /// The number that says that it has changed.
        modified: Luid,
    },
}

/// What the executive answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SecurityAnswer {
    /// It is done.
    Done,
    /// What the asker may do with an object.
    Access(AccessMask),
    /// A descriptor.
    Descriptor(SecurityDescriptor),
    /// A token, its number, and the number that says that it has changed.
    Token(Box<Token>, Luid, Luid),
    /// The number of an object that has become shared.
    Shared(SharedId),
    /// What was changed.
    Changed(Changed),
}
