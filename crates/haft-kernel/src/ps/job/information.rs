//! The information classes of jobs, as bytes (Microsoft: "QueryInformationJobObject function",
//! "SetInformationJobObject function").

use super::{
    accounting, associate, limits, options, processes, set_limits, set_post_at_end,
    set_restrictions,
};
use haft_abi::{Handle, NtStatus};
use haft_host::guest;
use haft_wire::job::{JobAccounting, JobLimits, LimitFlags};

const BASIC_ACCOUNTING: u32 = 1;
const BASIC_LIMIT: u32 = 2;
const BASIC_PROCESS_ID_LIST: u32 = 3;
const BASIC_UI_RESTRICTIONS: u32 = 4;
const END_OF_JOB_TIME: u32 = 6;
const ASSOCIATE_COMPLETION_PORT: u32 = 7;
const BASIC_AND_IO_ACCOUNTING: u32 = 8;
const EXTENDED_LIMIT: u32 = 9;
const GROUP: u32 = 11;

/// Bytes of `JOBOBJECT_BASIC_LIMIT_INFORMATION`.
const BASIC_LIMIT_SIZE: usize = 64;
/// Bytes of `JOBOBJECT_EXTENDED_LIMIT_INFORMATION`.
const EXTENDED_LIMIT_SIZE: usize = 144;

/// What a class tells, and whether there was room for all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// As much as there was room for.
    pub bytes: Vec<u8>,
    /// Whether something did not fit: `BUFFER_OVERFLOW`.
    pub cut: bool,
}

/// What a class tells of a job, of the one that this process is in for `None`.
///
/// # Errors
/// `INVALID_INFO_CLASS` for a class that there is not, `INFO_LENGTH_MISMATCH` for too little room,
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, also when this process is in no job.
pub fn query(job: Option<Handle>, class: u32, room: usize) -> Result<Told, NtStatus> {
    let bytes = match class {
        BASIC_ACCOUNTING => accounting_bytes(&accounting(job)?),
        BASIC_AND_IO_ACCOUNTING => {
            let accounting = accounting(job)?;
            let mut bytes = accounting_bytes(&accounting);
            bytes.extend(io_bytes(&accounting));
            bytes
        }
        BASIC_LIMIT => limit_bytes(&limits(job)?, false),
        EXTENDED_LIMIT => limit_bytes(&limits(job)?, true),
        BASIC_PROCESS_ID_LIST => return process_list(job, room),
        BASIC_UI_RESTRICTIONS => options(job)?.restrictions.to_le_bytes().to_vec(),
        END_OF_JOB_TIME => u32::from(options(job)?.post_at_end).to_le_bytes().to_vec(),
        // There is one group of processors.
        GROUP => options(job).map(|_| vec![0; 2])?,
        _ => return Err(unknown(class)),
    };
    if room < bytes.len() {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    Ok(Told { bytes, cut: false })
}

/// Reads what a class is to be set to from the program's memory.
///
/// # Errors
/// `INFO_LENGTH_MISMATCH` for more than any class takes, `ACCESS_VIOLATION`.
pub fn read(address: usize, length: u32) -> Result<Vec<u8>, NtStatus> {
    const LONGEST: u32 = 4096;
    if length > LONGEST {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    Ok(guest::read_slice(address, length as usize)?)
}

/// Sets what a class is about.
///
/// # Errors
/// `INVALID_INFO_CLASS` for a class that there is not or that cannot be set,
/// `INFO_LENGTH_MISMATCH` for bytes of a wrong length, those of [`set_limits`].
pub fn set(job: Handle, class: u32, bytes: &[u8]) -> Result<(), NtStatus> {
    let exactly = |size: usize| match bytes.len() == size {
        true => Ok(()),
        false => Err(NtStatus::INFO_LENGTH_MISMATCH),
    };
    match class {
        BASIC_LIMIT => {
            exactly(BASIC_LIMIT_SIZE)?;
            set_limits(job, limits_of(bytes), false)
        }
        EXTENDED_LIMIT => {
            exactly(EXTENDED_LIMIT_SIZE)?;
            set_limits(job, limits_of(bytes), true)
        }
        BASIC_UI_RESTRICTIONS => {
            exactly(4)?;
            set_restrictions(job, words_of(bytes)[0] as u32)
        }
        END_OF_JOB_TIME => {
            exactly(4)?;
            match words_of(bytes)[0] {
                post @ 0..=1 => set_post_at_end(job, post == 1),
                _ => Err(NtStatus::INVALID_PARAMETER),
            }
        }
        ASSOCIATE_COMPLETION_PORT => {
            exactly(16)?;
            let [key, port] = words_of(bytes);
            associate(job, Handle(port as usize), key as usize)
        }
        _ => Err(unknown(class)),
    }
}

/// The first two words of some bytes, what is not there being zero.
fn words_of(bytes: &[u8]) -> [u64; 2] {
    [0, 8].map(|at| {
        let mut word = [0; 8];
        word.iter_mut().zip(bytes.iter().skip(at)).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(word)
    })
}

fn unknown(class: u32) -> NtStatus {
    /// The highest class that Windows documents or names.
    const HIGHEST: u32 = 50;
    if class <= HIGHEST {
        crate::log::say_once(&format!("information class {class} of jobs is not implemented"));
        return NtStatus::NOT_SUPPORTED;
    }
    NtStatus::INVALID_INFO_CLASS
}

fn process_list(job: Option<Handle>, room: usize) -> Result<Told, NtStatus> {
    const HEAD: usize = 8;
    const ENTRY: usize = size_of::<u64>();
    let all = processes(job)?;
    if room < HEAD + ENTRY {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    let listed = all.len().min((room - HEAD) / ENTRY);
    let mut bytes = [all.len() as u32, listed as u32].map(u32::to_le_bytes).concat();
    bytes.extend(all[..listed].iter().flat_map(|pid| u64::from(pid.0).to_le_bytes()));
    Ok(Told { bytes, cut: listed < all.len() })
}

fn accounting_bytes(of: &JobAccounting) -> Vec<u8> {
    let times = [of.user, of.kernel, of.period_user, of.period_kernel];
    let faults = u32::try_from(of.page_faults).unwrap_or(u32::MAX);
    let counts = [faults, of.total, of.active, of.terminated];
    [times.map(u64::to_le_bytes).concat(), counts.map(u32::to_le_bytes).concat()].concat()
}

/// `IO_COUNTERS`; Linux counts no operations but reads and writes.
fn io_bytes(of: &JobAccounting) -> Vec<u8> {
    [of.read.calls, of.written.calls, 0, of.read.bytes, of.written.bytes, 0]
        .map(u64::to_le_bytes)
        .concat()
}

fn limit_bytes(of: &JobLimits, extended: bool) -> Vec<u8> {
    let flags = if extended { of.flags } else { LimitFlags(of.flags.0 & LimitFlags::BASIC.0) };
    let mut words = vec![
        of.process_time,
        of.job_time,
        u64::from(flags.0),
        // Sizes of the working set, which Linux does not limit.
        0,
        0,
        u64::from(of.active_processes),
        of.affinity,
        // The scheduling class of those jobs that have none.
        u64::from(of.priority_class) | 5 << 32,
    ];
    if extended {
        words.extend([0; 6]);
        words.extend([
            of.process_memory,
            of.job_memory,
            of.peak_process_memory,
            of.peak_job_memory,
        ]);
    }
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

fn limits_of(bytes: &[u8]) -> JobLimits {
    let word = |at: usize| {
        let bytes = bytes.get(at * 8..).and_then(|rest| rest.first_chunk());
        bytes.copied().map_or(0, u64::from_le_bytes)
    };
    JobLimits {
        flags: LimitFlags(word(2) as u32),
        process_time: word(0),
        job_time: word(1),
        active_processes: word(5) as u32,
        affinity: word(6),
        priority_class: word(7) as u32,
        process_memory: word(14),
        job_memory: word(15),
        ..JobLimits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_laid_out_as_the_headers_say() {
        let limits = JobLimits {
            flags: LimitFlags(0x2108),
            process_time: 1,
            job_time: 2,
            active_processes: 3,
            affinity: 4,
            priority_class: 5,
            process_memory: 6,
            job_memory: 7,
            ..JobLimits::default()
        };
        let bytes = limit_bytes(&limits, true);
        assert_eq!(bytes.len(), EXTENDED_LIMIT_SIZE);
        assert_eq!(limits_of(&bytes), limits);
        let basic = limit_bytes(&limits, false);
        assert_eq!(basic.len(), BASIC_LIMIT_SIZE);
        assert_eq!(limits_of(&basic).flags, LimitFlags(0x8));
        assert_eq!(accounting_bytes(&JobAccounting::default()).len(), 48);
        assert_eq!(io_bytes(&JobAccounting::default()).len(), 48);
    }
}
