//! Base64 with padding (RFC 4648), as Go decodes it. Juju's messages contain the position of an error.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encode `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Decode `text`. Line breaks are ignored.
///
/// # Errors
/// `text` is not Base64: the position of the first wrong byte.
pub fn decode(text: &str) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut bits = 0;
    let mut digits = 0;
    let mut padding = 0;
    for (at, c) in text.bytes().enumerate().filter(|(_, c)| !matches!(c, b'\r' | b'\n')) {
        let digit = ALPHABET.iter().position(|digit| *digit == c);
        match (digit, c) {
            (None, b'=') if digits % 4 + padding >= 2 && digits % 4 + padding < 4 => padding += 1,
            (Some(digit), _) if padding == 0 => {
                bits = bits << 6 | u32::try_from(digit).unwrap_or(0);
                digits += 1;
                if digits % 4 == 0 {
                    bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
                    bits = 0;
                }
            }
            _ => return Err(at),
        }
    }
    match (digits % 4, padding) {
        (0, 0) => {}
        (2, 2) => bytes.extend_from_slice(&(bits >> 4).to_be_bytes()[3..]),
        (3, 1) => bytes.extend_from_slice(&(bits >> 2).to_be_bytes()[2..]),
        _ => return Err(text.len()),
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_reverses_encoding() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
            (b"\x00", "AA=="),
            (b"\xff\xfe\xfd", "//79"),
        ] {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).unwrap(), bytes);
        }
        assert_eq!(decode("Zm9v\nYg==\n").unwrap(), b"foob");
    }

    #[test]
    fn refuses_invalid_base64() {
        for text in ["Z", "Zg", "Zg=", "Zg===", "Z===", "=", "Zm8", "Z!==", "Zg==Zg=="] {
            assert!(decode(text).is_err(), "{text}");
        }
        assert_eq!(decode("Zm!v"), Err(2));
    }
}
