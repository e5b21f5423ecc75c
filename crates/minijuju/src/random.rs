//! Random values.

use std::fs;
use std::io::Read as _;

/// Random bytes from the kernel.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The kernel's generator always exists. Without it, nothing else would work either.
    fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).expect("/dev/urandom is readable");
    bytes
}

/// A new random (version 4) UUID, from the kernel.
pub fn uuid() -> String {
    fs::read_to_string("/proc/sys/kernel/random/uuid").expect("/proc is readable").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_the_form_of_version_4() {
        let uuid = uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        assert_ne!(uuid, super::uuid());
    }
}
