//! What a pickle asks to call, found without doing anything it says.
//!
//! Names of callables stand in the program itself (`GLOBAL`, `INST`) or are two strings on its stack
//! (`STACK_GLOBAL`), so the stack and the memo are followed as far as strings go; every other value is
//! just a value. The list of names is one of what is allowed: whatever is not needed for tensors is
//! refused, known to be harmful or not.

use super::super::WeightsError;
use std::collections::BTreeMap;

/// The number that opens files of PyTorch before 1.6, in a pickle of its own.
const LEGACY_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// The same number as the oldest protocols write it.
const LEGACY_MAGIC_TEXT: &[u8] = b"119547037146038801333356";
/// A file before 1.6 starts with this many pickles: magic number, version, system, object, keys.
const LEGACY_PICKLES: usize = 5;
/// Longest part of a name that an error repeats.
const SHOWN: usize = 80;

/// Whether bytes start as a pickle does that a program writes today, or as PyTorch before 1.6 did.
pub(super) fn starts(bytes: &[u8]) -> bool {
    // A safetensors file starts with a length, which may look like this, and goes on with a brace.
    let pickle = matches!(bytes, [0x80, 1..=5, ..]) && bytes.get(8) != Some(&b'{');
    // The reader would take it for a tape archive, whose pickles are nowhere near the start.
    let archive = bytes.get(257..262) == Some(b"ustar");
    !archive && pickle || bytes.strip_prefix(b"L").is_some_and(|number| number.starts_with(LEGACY_MAGIC_TEXT))
}

/// Checks the pickles at the start of a file that is no archive.
///
/// # Errors
/// As [`check`].
pub(super) fn check_stream(bytes: &[u8]) -> Result<(), WeightsError> {
    // As far as the reader looks for it.
    let head = bytes.get(..bytes.len().min(64)).unwrap_or_default();
    let legacy = head.windows(LEGACY_MAGIC.len()).any(|part| part == LEGACY_MAGIC)
        || head.windows(LEGACY_MAGIC_TEXT.len()).any(|part| part == LEGACY_MAGIC_TEXT);
    let mut rest = bytes;
    for _ in 0..if legacy { LEGACY_PICKLES } else { 1 } {
        rest = check(rest)?;
    }
    Ok(())
}

/// Follows one pickle to its end and gives what comes after it.
///
/// # Errors
/// It names a callable that no weights need, or is no complete pickle.
pub(super) fn check(pickle: &[u8]) -> Result<&[u8], WeightsError> {
    let mut machine = Machine { rest: pickle, stack: Vec::new(), memo: BTreeMap::new() };
    loop {
        match machine.step() {
            Some(Step::Next) => {}
            Some(Step::Call { module, name }) if is_needed(module, name) => {}
            Some(Step::Call { module, name }) => {
                return Err(WeightsError::Callable { name: format!("{}.{}", shown(module), shown(name)) });
            }
            Some(Step::Unnamed) => {
                let reason = "its pickle asks to call something without naming it plainly".into();
                return Err(WeightsError::PyTorch { reason });
            }
            Some(Step::Stop) => return Ok(machine.rest),
            None => return Err(WeightsError::PyTorch { reason: "its pickle is damaged or cut off".into() }),
        }
    }
}

/// Everything that a `state_dict` of tensors, and numbers kept beside it, are made with.
fn is_needed(module: &[u8], name: &[u8]) -> bool {
    let storage = || name.ends_with(b"Storage") && name.iter().all(u8::is_ascii_alphanumeric);
    match module {
        b"collections" => name == b"OrderedDict",
        b"torch" => name == b"Size" || storage(),
        b"torch.storage" => storage(),
        b"torch._utils" => {
            matches!(name, b"_rebuild_tensor" | b"_rebuild_tensor_v2" | b"_rebuild_parameter")
        }
        b"numpy" => name == b"dtype",
        b"numpy.core.multiarray" | b"numpy._core.multiarray" => name == b"scalar",
        // How the bytes of a number are written in protocol 2.
        b"_codecs" => name == b"encode",
        _ => false,
    }
}

fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let short: String = text.chars().take(SHOWN).collect();
    short.escape_debug().to_string()
}

/// What one opcode did.
enum Step<'a> {
    Next,
    Stop,
    /// It named a callable, which is refused if it is not needed, called or not.
    Call {
        module: &'a [u8],
        name: &'a [u8],
    },
    /// It named one in a way that cannot be followed.
    Unnamed,
}

/// A value on the stack, as far as it matters.
#[derive(Clone, Copy)]
enum Value<'a> {
    Mark,
    Text(&'a [u8]),
    Other,
}

/// What follows an opcode in the program.
enum Argument {
    Bytes(usize),
    Lines(usize),
    /// A length of that many bytes, and as many bytes.
    Counted(usize),
}

/// What an opcode does with the stack and the memo.
enum Effect {
    Nothing,
    Mark,
    Text,
    /// Takes that many values and puts one in their place.
    Replace(usize),
    /// Takes that many values.
    Drop(usize),
    /// Takes everything down to the last mark and puts one value in its place.
    Collect,
    /// Takes everything down to the last mark.
    Discard,
    Duplicate,
    Get,
    Put,
    Memoize,
    Global,
    StackGlobal,
    Instance,
    Extension,
    Stop,
}

/// The opcodes of all six protocols.
fn meaning(opcode: u8) -> Option<(Argument, Effect)> {
    use Argument::{Bytes, Counted, Lines};
    use Effect as E;
    Some(match opcode {
        b'.' => (Bytes(0), E::Stop),
        b'(' => (Bytes(0), E::Mark),
        b'0' | b'a' | b'b' => (Bytes(0), E::Drop(1)),
        b's' => (Bytes(0), E::Drop(2)),
        b'1' | b'e' | b'u' | 0x90 => (Bytes(0), E::Discard),
        b'2' => (Bytes(0), E::Duplicate),
        b'l' | b't' | b'd' | b'o' | 0x91 => (Bytes(0), E::Collect),
        b'N' | b')' | b']' | b'}' | 0x88 | 0x89 | 0x8f | 0x97 => (Bytes(0), E::Replace(0)),
        b'Q' | 0x85 | 0x98 => (Bytes(0), E::Replace(1)),
        b'R' | 0x81 | 0x86 => (Bytes(0), E::Replace(2)),
        0x87 | 0x92 => (Bytes(0), E::Replace(3)),
        b'K' => (Bytes(1), E::Replace(0)),
        b'M' => (Bytes(2), E::Replace(0)),
        b'J' => (Bytes(4), E::Replace(0)),
        b'G' => (Bytes(8), E::Replace(0)),
        b'F' | b'I' | b'L' | b'P' => (Lines(1), E::Replace(0)),
        b'C' | 0x8a => (Counted(1), E::Replace(0)),
        b'B' | 0x8b => (Counted(4), E::Replace(0)),
        0x8e | 0x96 => (Counted(8), E::Replace(0)),
        b'S' | b'V' => (Lines(1), E::Text),
        b'U' | 0x8c => (Counted(1), E::Text),
        b'T' | b'X' => (Counted(4), E::Text),
        0x8d => (Counted(8), E::Text),
        b'g' => (Lines(1), E::Get),
        b'h' => (Bytes(1), E::Get),
        b'j' => (Bytes(4), E::Get),
        b'p' => (Lines(1), E::Put),
        b'q' => (Bytes(1), E::Put),
        b'r' => (Bytes(4), E::Put),
        0x94 => (Bytes(0), E::Memoize),
        b'c' => (Lines(2), E::Global),
        0x93 => (Bytes(0), E::StackGlobal),
        b'i' => (Lines(2), E::Instance),
        0x82 => (Bytes(1), E::Extension),
        0x83 => (Bytes(2), E::Extension),
        0x84 => (Bytes(4), E::Extension),
        0x80 => (Bytes(1), E::Nothing),
        0x95 => (Bytes(8), E::Nothing),
        _ => return None,
    })
}

struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Value<'a>>,
    memo: BTreeMap<u64, Value<'a>>,
}

impl<'a> Machine<'a> {
    /// Follows one opcode; `None` if there is none or the stack does not hold what it needs.
    fn step(&mut self) -> Option<Step<'a>> {
        let [opcode] = *self.take(1)? else { return None };
        let (argument, effect) = meaning(opcode)?;
        let (first, second) = match argument {
            Argument::Bytes(count) => (self.take(count)?, &[][..]),
            Argument::Lines(1) => (self.line()?, &[][..]),
            Argument::Lines(_) => (self.line()?, self.line()?),
            Argument::Counted(width) => {
                let count = number(self.take(width)?);
                (self.take(usize::try_from(count).ok()?)?, &[][..])
            }
        };
        match effect {
            Effect::Stop => return Some(Step::Stop),
            Effect::Extension => return Some(Step::Unnamed),
            Effect::Nothing => {}
            Effect::Mark => self.stack.push(Value::Mark),
            Effect::Text => self.stack.push(Value::Text(first)),
            Effect::Replace(count) => {
                self.drop(count)?;
                self.stack.push(Value::Other);
            }
            Effect::Drop(count) => self.drop(count)?,
            Effect::Collect => {
                self.discard()?;
                self.stack.push(Value::Other);
            }
            Effect::Discard => self.discard()?,
            Effect::Duplicate => self.stack.push(*self.stack.last()?),
            Effect::Get => self.stack.push(*self.memo.get(&key(&argument, first)?)?),
            Effect::Put => drop(self.memo.insert(key(&argument, first)?, *self.stack.last()?)),
            Effect::Memoize => drop(self.memo.insert(self.memo.len() as u64, *self.stack.last()?)),
            Effect::Global => {
                self.stack.push(Value::Other);
                return Some(Step::Call { module: first, name: second });
            }
            Effect::Instance => {
                self.discard()?;
                self.stack.push(Value::Other);
                return Some(Step::Call { module: first, name: second });
            }
            Effect::StackGlobal => {
                let (name, module) = (self.stack.pop()?, self.stack.pop()?);
                self.stack.push(Value::Other);
                return Some(match (module, name) {
                    (Value::Text(module), Value::Text(name)) => Step::Call { module, name },
                    _ => Step::Unnamed,
                });
            }
        }
        Some(Step::Next)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// A line without its end.
    fn line(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(b'\n', self.rest)?;
        let line = self.take(end + 1)?.get(..end)?;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn drop(&mut self, count: usize) -> Option<()> {
        self.stack.truncate(self.stack.len().checked_sub(count)?);
        Some(())
    }

    fn discard(&mut self) -> Option<()> {
        while !matches!(self.stack.pop()?, Value::Mark) {}
        Some(())
    }
}

/// A little-endian number of at most eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The memo's key, which older protocols write as text.
fn key(argument: &Argument, bytes: &[u8]) -> Option<u64> {
    match argument {
        Argument::Lines(_) => std::str::from_utf8(bytes).ok()?.parse().ok(),
        Argument::Bytes(_) | Argument::Counted(_) => Some(number(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(pickle: &[u8]) -> String {
        match check(pickle) {
            Err(WeightsError::Callable { name }) => name,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_way_to_name_a_callable_is_seen() {
        assert_eq!(refused(b"cos\nsystem\n(S'ls'\ntR."), "os.system");
        assert_eq!(refused(b"(S'ls'\nios\nsystem\n."), "os.system");
        assert_eq!(refused(b"(cos\nsystem\nU\x02lso."), "os.system");
        // Strings on the stack, plain and from the memo, overwritten and duplicated.
        assert_eq!(refused(b"\x80\x04\x8c\x02os\x8c\x06system\x93."), "os.system");
        assert_eq!(refused(b"\x80\x04\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93."), "os.system");
        assert_eq!(refused(b"X\x05\0\0\0torchq\x00U\x02osq\x00h\x00X\x06\0\0\0system\x93."), "os.system");
        assert_eq!(refused(b"\x8c\x04eval2\x93."), "eval.eval");
        for unnamed in [&b"\x8c\x02osNK\x01\x86\x93."[..], b"\x82\x01."] {
            let message = check(unnamed).unwrap_err().to_string();
            assert!(message.contains("without naming it plainly"), "{message}");
        }
        // Named but never called, and hidden behind an allowed name.
        assert_eq!(refused(b"cbuiltins\neval\n0N."), "builtins.eval");
        assert_eq!(refused(b"\x8c\x05torch\x8c\x12hub.load\\u002eStor\x93."), "torch.hub.load\\\\u002eStor");
        assert_eq!(refused(b"ctorch\nhub.x.Storage\n."), "torch.hub.x.Storage");
        assert_eq!(refused(b"ctorch.storage\n_load_from_bytes\n."), "torch.storage._load_from_bytes");
    }

    #[test]
    fn names_in_errors_are_short_and_on_one_line() {
        let name = refused(&[b"cnone\r\n".as_slice(), &[b'x'; 500], b"\x1b[31m\n."].concat());
        assert_eq!(name, format!("none.{}", "x".repeat(SHOWN)));
        assert_eq!(refused(b"\x8c\x03a\nb\x8c\x01c\x93."), "a\\nb.c");
    }

    #[test]
    fn what_tensors_need_passes_and_the_rest_of_the_file_is_left() {
        let pickle =
            b"\x80\x02ccollections\nOrderedDict\n)Rctorch._utils\n_rebuild_tensor_v2\nctorch\nFloatStorage\n.rest";
        assert_eq!(check(pickle).unwrap(), b"rest");
        let scalar = b"\x80\x04cnumpy\ndtype\n\x8c\x15numpy.core.multiarray\x8c\x06scalar\x93.";
        assert_eq!(check(scalar).unwrap(), b"");
    }

    #[test]
    fn damaged_pickles_are_said_to_be_damaged() {
        for pickle in [&b""[..], b"N", b"\xff.", b"R.", b"e.", b"h\x05.", b"gx\n.", b"cos", b"X\xff\xff\xff\xffab."] {
            assert!(matches!(check(pickle), Err(WeightsError::PyTorch { .. })), "{pickle:?}");
        }
        let mut huge = b"\x8d".to_vec();
        huge.extend(u64::MAX.to_le_bytes());
        assert!(check(&huge).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _unused = check_stream(&bytes).is_ok();
        }

        #[test]
        fn no_pickle_with_an_unknown_callable_passes(
            before in proptest::collection::vec(prop::sample::select(vec![&b"N"[..], b"K\x07", b"\x8c\x05torch", b"(", b"]", b"q\x00"]), 0..20),
            after in proptest::collection::vec(any::<u8>(), 0..50),
        ) {
            let pickle = [&b"N"[..], &before.concat(), b"\x8c\x05posix\x8c\x06system\x93", &after].concat();
            let refused = matches!(check(&pickle), Err(WeightsError::Callable { name }) if name == "posix.system");
            prop_assert!(refused);
        }
    }
}
