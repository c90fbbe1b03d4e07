//! Protocol Buffers, as far as browsers' records need it
//! (<https://protobuf.dev/programming-guides/encoding/>).

use super::leveldb::coding::{Reader, bad, put_varint};
use crate::model::error::Fault;

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    /// Four or eight bytes, which nothing here needs.
    Fixed,
}

/// The fields of a message, in their order, with their numbers.
///
/// # Errors
/// When it is not a message.
pub(crate) fn fields(message: &[u8]) -> Result<Vec<(u64, Field<'_>)>, Fault> {
    let mut reader = Reader(message);
    let mut fields = Vec::new();
    while !reader.is_empty() {
        let tag = reader.varint()?;
        let value = match tag & 7 {
            0 => Field::Number(reader.varint()?),
            1 => reader.take(8).map(|_| Field::Fixed)?,
            2 => Field::Bytes(reader.slice()?),
            5 => reader.take(4).map(|_| Field::Fixed)?,
            _ => return Err(bad("it is not a message of Protocol Buffers")),
        };
        fields.push((tag >> 3, value));
    }
    Ok(fields)
}

/// The number in a field of a message; None when there is none.
///
/// # Errors
/// When it is not a message.
pub(crate) fn number(message: &[u8], field: u64) -> Result<Option<u64>, Fault> {
    let found = fields(message)?.into_iter().find_map(|one| match one {
        (number, Field::Number(value)) if number == field => Some(value),
        _ => None,
    });
    Ok(found)
}

/// The text in a field of a message; None when there is none.
///
/// # Errors
/// When it is not a message.
pub(crate) fn text(message: &[u8], field: u64) -> Result<Option<&str>, Fault> {
    let found = fields(message)?.into_iter().find_map(|one| match one {
        (number, Field::Bytes(bytes)) if number == field => str::from_utf8(bytes).ok(),
        _ => None,
    });
    Ok(found)
}

/// A message of numbers.
pub(crate) fn of_numbers(fields: &[(u64, u64)]) -> Vec<u8> {
    let mut message = Vec::new();
    for (field, number) in fields {
        put_varint(&mut message, field << 3);
        put_varint(&mut message, *number);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_their_order() {
        // Field 1: 150. Field 2: "testing". Field 3: eight bytes.
        let message = b"\x08\x96\x01\x12\x07testing\x19abcdefgh";
        let wanted = [
            (1, Field::Number(150)),
            (2, Field::Bytes(b"testing")),
            (3, Field::Fixed),
        ];
        assert_eq!(fields(message).unwrap(), wanted);
        assert_eq!(number(message, 1).unwrap(), Some(150));
        assert_eq!(number(message, 2).unwrap(), None);
        assert_eq!(text(message, 2).unwrap(), Some("testing"));
        for end in [1, 2, 5, 11, 14, message.len() - 1] {
            assert!(fields(&message[..end]).is_err(), "{end}");
        }
        assert!(fields(b"\x0b").is_err());
    }

    #[test]
    fn numbers_are_written_as_they_are_read() {
        let message = of_numbers(&[(1, 13_440_185_150_563_397), (2, 0)]);
        assert_eq!(number(&message, 1).unwrap(), Some(13_440_185_150_563_397));
        assert_eq!(number(&message, 2).unwrap(), Some(0));
    }
}
