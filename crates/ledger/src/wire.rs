//! The items of a repeated field as they stand in a serialized message, byte for byte.
//!
//! Decoding an item and encoding it again does not give the same bytes back when it holds unknown fields or fields in
//! another order. So the wire format is walked instead ([protobuf encoding]), at the top level only.
//!
//! [protobuf encoding]: https://protobuf.dev/programming-guides/encoding/

/// Bits of a tag that hold the wire type.
const WIRE_TYPE_BITS: u32 = 3;
/// The most bytes of a varint.
const MAX_VARINT_LEN: usize = 10;

/// Why bytes are not a message whose rows can be told. Offsets count from the first byte of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The message ends inside a field.
    #[error("the message ends inside the field that begins at byte {offset}")]
    CutOff {
        /// Where the field begins.
        offset: usize,
    },
    /// A number is longer than 64 bits.
    #[error("the number at byte {offset} is longer than 64 bits")]
    Varint {
        /// Where the number begins.
        offset: usize,
    },
    /// A field number is 0 or above 2^29 − 1, or the wire type is none of version 3: groups ended with version 2.
    #[error("byte {offset} begins no field of a message: tag {tag}")]
    Tag {
        /// Where the tag begins.
        offset: usize,
        /// Its value.
        tag: u64,
    },
    /// The field is there, but as a number and not as bytes.
    #[error("field {field} at byte {offset} has wire type {wire_type}, an item has wire type 2")]
    NotAnItem {
        /// Where the field begins.
        offset: usize,
        /// Its number.
        field: u32,
        /// Its wire type.
        wire_type: u8,
    },
}

/// The items of the repeated field with this number, in order: exact parts of `message`, without their tags and lengths.
/// Items are messages, strings or bytes; a packed list of numbers would be one item.
///
/// All fields of the top level are walked, so that bytes behind the last item are not left unread; what is in them is
/// not looked at. Numbers may be written longer than needed, as protobuf allows. Safe for hostile input: one pass, no
/// recursion, and no memory beyond the list.
///
/// # Errors
/// [`WireError`] with the place.
pub fn split_repeated(message: &[u8], field: u32) -> Result<Vec<&[u8]>, WireError> {
    let mut items = Vec::new();
    let mut walk = Walk { message, at: 0, field_start: 0 };
    while let Some(found) = walk.next_field()? {
        if found.number != field {
            continue;
        }
        let Value::Bytes(item) = found.value else {
            let (offset, wire_type) = (walk.field_start, found.value.wire_type());
            return Err(WireError::NotAnItem { offset, field, wire_type });
        };
        items.push(item);
    }
    Ok(items)
}

struct Field<'a> {
    number: u32,
    value: Value<'a>,
}

enum Value<'a> {
    Varint,
    Fixed64,
    Bytes(&'a [u8]),
    Fixed32,
}

impl Value<'_> {
    const fn wire_type(&self) -> u8 {
        match self {
            Self::Varint => 0,
            Self::Fixed64 => 1,
            Self::Bytes(_) => 2,
            Self::Fixed32 => 5,
        }
    }
}

/// A place in a message.
struct Walk<'a> {
    message: &'a [u8],
    at: usize,
    field_start: usize,
}

impl<'a> Walk<'a> {
    fn next_field(&mut self) -> Result<Option<Field<'a>>, WireError> {
        self.field_start = self.at;
        if self.at == self.message.len() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let unknown = WireError::Tag { offset: self.field_start, tag };
        let number = match u32::try_from(tag) {
            Ok(tag) if tag >> WIRE_TYPE_BITS > 0 => tag >> WIRE_TYPE_BITS,
            Ok(_) | Err(_) => return Err(unknown),
        };
        let value = match tag & ((1 << WIRE_TYPE_BITS) - 1) {
            0 => self.varint().map(|_| Value::Varint)?,
            1 => self.take(8).map(|_| Value::Fixed64)?,
            2 => {
                let len = self.varint()?;
                self.take(len).map(Value::Bytes)?
            }
            5 => self.take(4).map(|_| Value::Fixed32)?,
            _ => return Err(unknown),
        };
        Ok(Some(Field { number, value }))
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let offset = self.at;
        let mut value = 0;
        for position in 0..MAX_VARINT_LEN {
            let &[byte] = self.take(1)? else { return Err(self.cut_off()) };
            // The tenth byte has one bit left.
            if position + 1 == MAX_VARINT_LEN && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * position);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::Varint { offset })
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], WireError> {
        let rest = &self.message[self.at..];
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len)).ok_or_else(|| self.cut_off())?;
        self.at += taken.len();
        Ok(taken)
    }

    fn cut_off(&self) -> WireError {
        WireError::CutOff { offset: self.field_start }
    }
}
