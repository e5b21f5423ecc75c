//! What nobody can guess.

use std::fs;
use std::io::Read as _;

/// Bytes from the kernel.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The kernel's generator is always there; without it, nothing else on the machine would work either.
    fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).expect("/dev/urandom is readable");
    bytes
}

/// A new identity, in the form of a version 4 UUID, as the kernel makes it.
pub fn uuid() -> String {
    fs::read_to_string("/proc/sys/kernel/random/uuid").expect("/proc is readable").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_the_form_of_a_random_uuid() {
        let uuid = uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        assert_ne!(uuid, super::uuid());
    }
}
