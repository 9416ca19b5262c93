//! The processors of the machine.

use std::arch::is_x86_feature_detected as has;
use std::sync::OnceLock;

/// How many processors the process may run on, at most the 64 of one group.
#[must_use]
pub fn count() -> u32 {
    static COUNT: OnceLock<u32> = OnceLock::new();
    *COUNT.get_or_init(|| haft_host::processor_count::available().min(64) as u32)
}

/// One bit for each of the [`count`] processors.
#[must_use]
pub fn mask() -> u64 {
    u64::MAX >> (64 - count())
}

/// The processor that the running thread is on, below [`count`].
#[must_use]
pub fn current() -> u32 {
    haft_host::thread::current_processor() % count()
}

/// What the processor can do: a byte of 1 or 0 for each `PF_*` (Microsoft:
/// "IsProcessorFeaturePresent function").
#[must_use]
pub fn features() -> [u8; 64] {
    // What every x86-64 processor has: compare-exchange of 8 bytes, MMX, SSE, time stamp counter,
    // physical address extension, SSE2, no-execute; and a fast way to fail.
    const ALWAYS: [usize; 8] = [2, 3, 6, 8, 9, 10, 12, 23];
    let mut features = [0; 64];
    let found = [
        (13, has!("sse3")),
        (14, has!("cmpxchg16b")),
        (17, has!("xsave")),
        (28, has!("rdrand")),
        (36, has!("ssse3")),
        (37, has!("sse4.1")),
        (38, has!("sse4.2")),
        (39, has!("avx")),
        (40, has!("avx2")),
        (41, has!("avx512f")),
        (60, has!("bmi2")),
    ];
    for feature in ALWAYS {
        features[feature] = 1;
    }
    for (feature, present) in found {
        features[feature] = u8::from(present);
    }
    features
}

/// Family, model and stepping, as `SYSTEM_INFO` has them: the level is the family, the revision
/// the model in its high byte and the stepping in its low one.
#[must_use]
pub fn level_and_revision() -> (u16, u16) {
    let signature = haft_host::processor::signature();
    let (family, model) = (signature >> 8 & 0xF, signature >> 4 & 0xF);
    let wide_family = if family == 0xF { family + (signature >> 20 & 0xFF) } else { family };
    let extended = family == 6 || family == 0xF;
    let wide_model = if extended { model | (signature >> 16 & 0xF) << 4 } else { model };
    (wide_family as u16, (wide_model << 8 | signature & 0xF) as u16)
}

/// Processors that share something, as Linux says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The logical processors of one core.
    Core(u64),
    /// The logical processors of one package.
    Package(u64),
    /// The processors of a NUMA node.
    Node(u64),
    /// The processors that share a cache.
    Cache {
        /// Who shares it.
        mask: u64,
        /// 1, 2 or 3.
        level: u8,
        /// Bytes of a line.
        line: u16,
        /// Bytes.
        size: u32,
        /// Ways, 0xFF for fully associative.
        associativity: u8,
        /// 0 unified, 1 instruction, 2 data.
        kind: u32,
    },
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// The mask of a list such as `0-3,8`, of processors below 64.
fn list_mask(list: &str) -> u64 {
    let mut mask = 0;
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.trim().parse::<u32>(), last.trim().parse::<u32>()) {
            for bit in first..=last.min(63) {
                mask |= 1 << bit;
            }
        }
    }
    mask
}

/// A size such as `32K`.
fn size(text: &str) -> Option<u32> {
    let digits = text.trim_end_matches(['K', 'M', 'G']);
    let unit = match text.as_bytes().last()? {
        b'K' => 1 << 10,
        b'M' => 1 << 20,
        b'G' => 1 << 30,
        _ => 1,
    };
    digits.parse::<u32>().ok()?.checked_mul(unit)
}

fn cache(folder: &str, all: u64) -> Option<Relation> {
    let get = |name: &str| read(&format!("{folder}/{name}"));
    let mask = list_mask(&get("shared_cpu_list")?) & all;
    let ways = get("ways_of_associativity").and_then(|w| w.parse().ok()).unwrap_or(0);
    Some(Relation::Cache {
        mask,
        level: get("level")?.parse().ok()?,
        line: get("coherency_line_size").and_then(|l| l.parse().ok()).unwrap_or(64),
        size: size(&get("size")?)?,
        associativity: if ways == 0 { 0xFF } else { u8::try_from(ways).unwrap_or(0xFF) },
        kind: match get("type")?.as_str() {
            "Instruction" => 1,
            "Data" => 2,
            _ => 0,
        },
    })
}

/// What the processors share: cores, caches, packages, nodes. Where Linux does not say, every
/// processor is a core of one package.
#[must_use]
pub fn topology() -> Vec<Relation> {
    let all = mask();
    let mut relations = Vec::new();
    let mut add = |relation: Relation| {
        if !relations.contains(&relation) {
            relations.push(relation);
        }
    };
    for processor in 0..count() {
        let folder = format!("/sys/devices/system/cpu/cpu{processor}");
        let shared = |name: &str| {
            let list = read(&format!("{folder}/topology/{name}"));
            list.map(|list| list_mask(&list) & all).filter(|&mask| mask != 0)
        };
        add(Relation::Core(shared("thread_siblings_list").unwrap_or(1 << processor)));
        add(Relation::Package(shared("core_siblings_list").unwrap_or(all)));
        for index in 0.. {
            let folder = format!("{folder}/cache/index{index}");
            match cache(&folder, all) {
                Some(Relation::Cache { mask: 0, .. }) => {}
                Some(cache) => add(cache),
                None => break,
            }
        }
    }
    add(Relation::Node(all));
    relations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_sizes_are_read() {
        assert_eq!(list_mask("0-3,8"), 0x10F);
        assert_eq!(list_mask("2"), 4);
        assert_eq!((size("32K"), size("8M"), size("x")), (Some(32 << 10), Some(8 << 20), None));
    }

    #[test]
    fn every_processor_is_in_a_core_and_a_node() {
        let all = topology();
        let cores = all.iter().fold(0, |mask, relation| match relation {
            Relation::Core(core) => mask | core,
            _ => mask,
        });
        assert_eq!(cores, mask());
        assert!(all.contains(&Relation::Node(mask())));
        assert!(current() < count());
    }

    #[test]
    fn the_base_of_x86_64_is_there() {
        let features = features();
        assert_eq!([features[2], features[6], features[10], features[23]], [1; 4]);
        assert!(level_and_revision().0 >= 6);
    }
}
