//! Bytes as text in JSON: hexadecimal for ids, Base64 for everything else.

/// The bytes of a hexadecimal text, whatever the case of its letters.
pub(crate) fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |letter: u8| char::from(letter).to_digit(16);
    pairs.iter().map(|[high, low]| Some((digit(*high)? << 4 | digit(*low)?) as u8)).collect()
}

/// The bytes of a Base64 text, in the ordinary or the URL alphabet, padded or not.
pub(crate) fn bytes_of_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for group in digits.chunks(4) {
        let mut bits = 0;
        for digit in group {
            bits = bits << 6 | u32::from(sextet(*digit)?);
        }
        bits <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

fn sextet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Bytes as padded Base64 in the ordinary alphabet.
pub(crate) fn base64_of(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut padded = [0; 4];
        padded[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(padded);
        for index in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_has_two_digits_a_byte() {
        assert_eq!(bytes_of_hex("00fFa5"), Some(vec![0x00, 0xff, 0xa5]));
        assert_eq!(bytes_of_hex(""), Some(vec![]));
        assert_eq!(bytes_of_hex("0"), None);
        assert_eq!(bytes_of_hex("0g"), None);
    }

    #[test]
    fn base64_is_read_in_all_its_forms() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64_of(bytes), text);
            assert_eq!(bytes_of_base64(text).as_deref(), Some(bytes));
            assert_eq!(bytes_of_base64(text.trim_end_matches('=')).as_deref(), Some(bytes));
        }
        assert_eq!(base64_of(&[0xfb, 0xff]), "+/8=");
        assert_eq!(bytes_of_base64("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(bytes_of_base64("Z"), None);
        assert_eq!(bytes_of_base64("Zg!="), None);
    }
}
