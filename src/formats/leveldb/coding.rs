//! Numbers and checksums, as every file of a LevelDB has them (`util/coding.cc`,
//! `util/crc32c.h`).

use crate::model::error::Fault;

/// Bytes that are read from the front.
#[derive(Clone, Copy)]
pub(in crate::formats) struct Reader<'b>(pub(in crate::formats) &'b [u8]);

impl<'b> Reader<'b> {
    pub(in crate::formats) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The next `length` bytes.
    pub(in crate::formats) fn take(&mut self, length: usize) -> Result<&'b [u8], Fault> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(cut_off)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?[0])
    }

    /// 32 bits, the lowest byte first.
    pub(super) fn u32(&mut self) -> Result<u32, Fault> {
        let bytes = self.take(4)?.try_into().map_err(|_| cut_off())?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// 64 bits, the lowest byte first.
    pub(super) fn u64(&mut self) -> Result<u64, Fault> {
        let bytes = self.take(8)?.try_into().map_err(|_| cut_off())?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Seven bits in each byte, the lowest first; the last byte has no highest bit.
    pub(in crate::formats) fn varint(&mut self) -> Result<u64, Fault> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = u64::from(self.byte()?);
            let bits = byte & 0x7f;
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(bad("a number is too long"))
    }

    /// A length, and so many bytes.
    pub(in crate::formats) fn slice(&mut self) -> Result<&'b [u8], Fault> {
        let length = self.length()?;
        self.take(length)
    }

    /// A length in bytes.
    pub(super) fn length(&mut self) -> Result<usize, Fault> {
        usize::try_from(self.varint()?).map_err(|_| bad("a length is too large"))
    }
}

pub(in crate::formats) fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

pub(super) fn put_slice(bytes: &mut Vec<u8>, slice: &[u8]) {
    put_varint(bytes, slice.len() as u64);
    bytes.extend(slice);
}

/// CRC-32C, changed so that the checksum of checksums is not one (`crc32c::Mask`).
pub(super) fn masked_crc(parts: &[&[u8]]) -> u32 {
    let crc = parts
        .iter()
        .fold(0, |crc, part| crc32c::crc32c_append(crc, part));
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// What is there is not what LevelDB writes.
pub(in crate::formats) fn bad(why: &str) -> Fault {
    Fault::Corrupt(why.to_owned())
}

pub(in crate::formats) fn cut_off() -> Fault {
    bad("it is cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [
            0,
            1,
            0x7f,
            0x80,
            0x3fff,
            0x4000,
            u64::from(u32::MAX),
            u64::MAX,
        ] {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, number);
            let mut reader = Reader(&bytes);
            assert_eq!(reader.varint().unwrap(), number);
            assert!(reader.is_empty());
            assert!(Reader(&bytes[..bytes.len() - 1]).varint().is_err());
        }
        assert!(Reader(&[0xff; 11]).varint().is_err());
        assert!(
            Reader(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2])
                .varint()
                .is_err()
        );
    }

    /// `util/crc32c_test.cc`, and the mask by hand.
    #[test]
    fn checksums_are_leveldbs() {
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        let crc = crc32c::crc32c(b"foo");
        assert_eq!(
            masked_crc(&[b"f", b"oo"]),
            crc.rotate_left(17).wrapping_add(0xa282_ead8)
        );
    }
}
