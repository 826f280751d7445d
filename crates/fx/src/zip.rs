//! The one file inside a zip archive: the bank publishes its history so.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// The most bytes that are unpacked.
const UNPACKED_MAX: usize = 1 << 28;

/// Whether these bytes are a zip archive.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Unpacks the only file of an archive. `None` if there are several, it is damaged, packed in a way other than deflate, or has
/// more than 256 MiB.
pub fn unzip_only_file(bytes: &[u8]) -> Option<Vec<u8>> {
    let u16_at = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let u32_at = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    // The end of the central directory: 22 bytes and a comment.
    let last = bytes.len().checked_sub(22)?;
    let end = (last.saturating_sub(usize::from(u16::MAX))..=last)
        .rev()
        .find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    if u16_at(end + 10)? != 1 {
        return None;
    }
    let entry = usize::try_from(u32_at(end + 16)?).ok()?;
    if u32_at(entry)? != 0x0201_4b50 {
        return None;
    }
    let method = u16_at(entry + 10)?;
    let sum = u32_at(entry + 16)?;
    let packed = usize::try_from(u32_at(entry + 20)?).ok()?;
    let unpacked = usize::try_from(u32_at(entry + 24)?).ok()?;
    let local = usize::try_from(u32_at(entry + 42)?).ok()?;
    if u32_at(local)? != 0x0403_4b50 || unpacked > UNPACKED_MAX {
        return None;
    }
    let begin = local
        .checked_add(30)?
        .checked_add(usize::from(u16_at(local + 26)?))?
        .checked_add(usize::from(u16_at(local + 28)?))?;
    let content = bytes.get(begin..begin.checked_add(packed)?)?;
    let content = match method {
        0 => content.to_vec(),
        8 => decompress_to_vec_with_limit(content, unpacked).ok()?,
        _ => return None,
    };
    (content.len() == unpacked && crc32(&content) == sum).then_some(content)
}

/// CRC-32 as zip archives have it.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0u32; 256];
        let mut i = 0;
        while i < 256 {
            let mut value = i as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
                bit += 1;
            }
            table[i] = value;
            i += 1;
        }
        table
    };
    !bytes.iter().fold(!0u32, |sum, byte| {
        let index = (sum ^ u32::from(*byte)) & 0xff;
        TABLE[index as usize] ^ (sum >> 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sum_is_the_published_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = unzip_only_file(&bytes);
            let mut archive = b"PK\x03\x04".to_vec();
            archive.extend_from_slice(&bytes);
            archive.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0");
            let _ = unzip_only_file(&archive);
        }
    }
}
