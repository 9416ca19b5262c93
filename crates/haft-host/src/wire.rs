//! A socket between two haft processes: bytes in order, and descriptors beside them.

use haft_abi::NtStatus;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg,
    sendmsg, socketpair,
};
use std::mem::MaybeUninit;

/// Linux passes at most 253 descriptors with one message.
const BATCH: usize = 250;

/// What a length that no haft process sends shows: the other side is not haft.
const MAX_MESSAGE: u64 = 64 << 20;

/// Bytes of a message's length and number of descriptors.
const HEAD: usize = 16;

/// Bytes that are received at first: most messages, whole.
const FIRST: usize = 8 << 10;

/// Two connected ends, closed on exec.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`.
pub fn pair() -> Result<(OwnedFd, OwnedFd), NtStatus> {
    socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)
}

/// Sends a message: its length and the number of its descriptors, its bytes, and the descriptors
/// in batches, the first beside the bytes and each other one with a byte of its own.
///
/// # Errors
/// `PORT_DISCONNECTED` when the other side is gone.
pub fn send(socket: impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> Result<(), NtStatus> {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    head[8..].copy_from_slice(&(fds.len() as u64).to_le_bytes());
    let (first, others) = fds.split_at(fds.len().min(BATCH));
    let sent = send_with(&socket, &[IoSlice::new(&head), IoSlice::new(bytes)], first)?;
    // The head is never cut: Linux takes it whole or, without room, waits.
    send_all(&socket, &bytes[sent.saturating_sub(HEAD)..])?;
    for batch in others.chunks(BATCH) {
        send_with(&socket, &[IoSlice::new(&[1])], batch)?;
    }
    Ok(())
}

fn send_with(
    socket: impl AsFd,
    bytes: &[IoSlice<'_>],
    fds: &[BorrowedFd<'_>],
) -> Result<usize, NtStatus> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(fds));
    }
    loop {
        match sendmsg(&socket, bytes, &mut control, SendFlags::NOSIGNAL) {
            Ok(sent) => return Ok(sent),
            Err(Errno::INTR) => {}
            Err(_) => return Err(NtStatus::PORT_DISCONNECTED),
        }
    }
}

fn send_all(socket: impl AsFd, mut bytes: &[u8]) -> Result<(), NtStatus> {
    while !bytes.is_empty() {
        match rustix::net::send(&socket, bytes, SendFlags::NOSIGNAL) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(Errno::INTR) => {}
            Err(_) => return Err(NtStatus::PORT_DISCONNECTED),
        }
    }
    Ok(())
}

fn receive_all(socket: impl AsFd, bytes: &mut [u8]) -> Result<(), NtStatus> {
    let mut done = 0;
    while done < bytes.len() {
        match rustix::net::recv(&socket, &mut bytes[done..], RecvFlags::WAITALL) {
            Ok((_, 0)) => return Err(NtStatus::PORT_DISCONNECTED),
            Ok((_, got)) => done += got,
            Err(Errno::INTR) => {}
            Err(_) => return Err(NtStatus::PORT_DISCONNECTED),
        }
    }
    Ok(())
}

/// Receives bytes, and the descriptors beside them; how many bytes came.
fn receive_with(
    socket: impl AsFd,
    buffer: &mut [u8],
    fds: &mut Vec<OwnedFd>,
) -> Result<usize, NtStatus> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        let flags = RecvFlags::CMSG_CLOEXEC;
        match recvmsg(&socket, &mut [IoSliceMut::new(buffer)], &mut control, flags) {
            Ok(got) if got.bytes > 0 && !got.flags.contains(ReturnFlags::CTRUNC) => break got,
            Err(Errno::INTR) => {}
            _ => return Err(NtStatus::PORT_DISCONNECTED),
        }
    };
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            fds.extend(received);
        }
    }
    Ok(got.bytes)
}

/// Receives what [`send`] sent.
///
/// # Errors
/// `PORT_DISCONNECTED` when the other side is gone or does not speak haft's language.
pub fn receive(socket: impl AsFd) -> Result<(Vec<u8>, Vec<OwnedFd>), NtStatus> {
    let mut fds = Vec::new();
    // Not on the stack, which a new process would have to get pages for.
    let mut first = vec![0; FIRST];
    // Linux does not go on to what follows behind bytes that have descriptors beside them, and
    // without descriptors nothing follows: what comes is of the one message.
    let got = receive_with(&socket, &mut first, &mut fds)?;
    let word = |at: usize| first[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or(u64::MAX);
    let (length, count) = (word(0), word(8));
    let known = got.checked_sub(HEAD).ok_or(NtStatus::PORT_DISCONNECTED)?;
    if length > MAX_MESSAGE || count > 1 << 20 || known as u64 > length {
        return Err(NtStatus::PORT_DISCONNECTED);
    }
    let mut bytes = first;
    bytes.copy_within(HEAD..got, 0);
    bytes.resize(length as usize, 0);
    receive_all(&socket, &mut bytes[known..])?;
    while (fds.len() as u64) < count {
        let before = fds.len();
        receive_with(&socket, &mut [0], &mut fds)?;
        if fds.len() == before {
            return Err(NtStatus::PORT_DISCONNECTED);
        }
    }
    Ok((bytes, fds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, Write};

    #[test]
    fn bytes_and_descriptors_arrive_in_order() {
        let (here, there) = pair().unwrap();
        let files: Vec<std::fs::File> = (0..600u32)
            .map(|n| {
                let fd = crate::mem::memfd("wire-test", 0).unwrap();
                let mut file = std::fs::File::from(fd);
                file.write_all(&n.to_le_bytes()).unwrap();
                file
            })
            .collect();
        let sender = std::thread::spawn(move || {
            let fds: Vec<_> = files.iter().map(AsFd::as_fd).collect();
            send(&here, &vec![7; 1 << 20], &fds).unwrap();
        });
        let (bytes, fds) = receive(&there).unwrap();
        sender.join().unwrap();
        assert_eq!(bytes, vec![7; 1 << 20]);
        for (n, fd) in (0..600u32).zip(fds) {
            let mut file = std::fs::File::from(fd);
            file.rewind().unwrap();
            let mut word = [0; 4];
            file.read_exact(&mut word).unwrap();
            assert_eq!(u32::from_le_bytes(word), n);
        }
    }

    #[test]
    fn a_stranger_is_refused() {
        let (here, there) = pair().unwrap();
        send_all(&here, &[0xFF; 64]).unwrap();
        assert_eq!(receive(&there).unwrap_err(), NtStatus::PORT_DISCONNECTED);
    }
}
