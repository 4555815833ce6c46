//! Messages whose placeholders are filled in by the reader.

use super::columns::StringTable;
use super::losses::LossReason;

/// Work that rendering may still do, in bytes copied and properties compared.
///
/// Dropped messages count as well, so that a few bytes of a hostile block cannot cause work without
/// end.
#[derive(Debug)]
pub(super) struct Budget(pub(super) usize);

impl Budget {
    #[inline]
    pub(super) fn spend(&mut self, amount: usize) -> Result<(), LossReason> {
        match self.0.checked_sub(amount) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(LossReason::TextLimitExceeded),
        }
    }
}

/// Where rendered text goes.
pub(super) trait Sink {
    fn add(&mut self, text: &[u8]);
}

impl Sink for Vec<u8> {
    #[inline]
    fn add(&mut self, text: &[u8]) {
        self.extend_from_slice(text);
    }
}

/// Only counts the bytes.
impl Sink for usize {
    fn add(&mut self, text: &[u8]) {
        *self += text.len();
    }
}

/// Renders a format string into `out`.
///
/// `{{` and `}}` stand for single braces. `{key}`, `{key:?}` and `{key:}` stand for the value of the
/// property of exactly that name; without such a property the placeholder stays as it is. A lone
/// brace stays as well.
pub(super) fn render(
    out: &mut impl Sink,
    format: &[u8],
    pairs: &[(i32, i32)],
    strings: &StringTable,
    budget: &mut Budget,
) -> Result<(), LossReason> {
    budget.spend(format.len())?;
    let mut rest = format;
    // Where no closing brace follows, none is looked for again.
    let mut may_close = true;
    while let Some(brace) = rest.iter().position(|byte| matches!(byte, b'{' | b'}')) {
        let (text, from_brace) = rest.split_at(brace);
        out.add(text);
        rest = match from_brace {
            [first, second, rest @ ..] if first == second => {
                out.add(&[*first]);
                rest
            }
            [b'{', inner @ ..] if may_close => match inner.iter().position(|byte| *byte == b'}') {
                Some(end) => {
                    budget.spend(pairs.len())?;
                    let value = value_of(key_of(&inner[..end]), pairs, strings);
                    let shown = value.unwrap_or(&from_brace[..end + 2]);
                    budget.spend(shown.len())?;
                    out.add(shown);
                    &inner[end + 1..]
                }
                None => {
                    may_close = false;
                    from_brace
                }
            },
            [lone, rest @ ..] => {
                out.add(&[*lone]);
                rest
            }
            [] => from_brace,
        };
    }
    out.add(rest);
    Ok(())
}

/// The property name in a placeholder: `:?`, or a lone `:`, at its end does not belong to it.
fn key_of(placeholder: &[u8]) -> &[u8] {
    placeholder
        .strip_suffix(b":?")
        .or_else(|| placeholder.strip_suffix(b":"))
        .unwrap_or(placeholder)
}

fn value_of<'a>(key: &[u8], pairs: &[(i32, i32)], strings: &'a StringTable) -> Option<&'a [u8]> {
    let (_, value) =
        pairs.iter().find(|(name, _)| strings.bytes_at(*name as usize) == Some(key))?;
    strings.bytes_at(*value as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(format: &str) -> String {
        let mut strings = StringTable::default();
        for text in ["a", "alpha", "b", "{a}", "empty", ""] {
            strings.bytes.extend_from_slice(text.as_bytes());
            strings.end_string();
        }
        let pairs = [(0, 1), (2, 3), (4, 5)];
        let mut out = Vec::new();
        render(&mut out, format.as_bytes(), &pairs, &strings, &mut Budget(1000)).unwrap();
        let mut size = 0;
        render(&mut size, format.as_bytes(), &pairs, &strings, &mut Budget(1000)).unwrap();
        assert_eq!(size, out.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn placeholders_are_replaced_by_the_rule() {
        let table = [
            ("", ""),
            ("plain", "plain"),
            ("{{", "{"),
            ("}}", "}"),
            ("{{a}}", "{a}"),
            ("{a}", "alpha"),
            ("{a:?}", "alpha"),
            ("{a:}", "alpha"),
            ("{a:x}", "{a:x}"),
            ("{A}", "{A}"),
            ("{ a }", "{ a }"),
            ("{missing}", "{missing}"),
            ("{missing:?}", "{missing:?}"),
            ("{}", "{}"),
            ("{a", "{a"),
            ("{a {{ {b {", "{a { {b {"),
            ("{a}{b", "alpha{b"),
            ("{", "{"),
            ("}", "}"),
            ("a } b", "a } b"),
            ("{b}", "{a}"),
            ("<{empty}>", "<>"),
            ("{a}{a} é {{{a}}}", "alphaalpha é {alpha}"),
        ];
        for (format, expected) in table {
            assert_eq!(rendered(format), expected, "{format}");
        }
    }

    #[test]
    fn the_work_is_bounded() {
        let mut strings = StringTable::default();
        strings.bytes.extend_from_slice(&[b'x'; 100]);
        strings.end_string();
        let key = "x".repeat(100);
        let format = format!("{{{key}}}").repeat(20);
        let render_within = |budget| {
            let mut out = Vec::new();
            let result =
                render(&mut out, format.as_bytes(), &[(0, 0)], &strings, &mut Budget(budget));
            assert!(out.len() <= budget);
            result
        };
        assert_eq!(render_within(20 * (102 + 1 + 100)), Ok(()));
        assert_eq!(render_within(20 * (102 + 1 + 100) - 1), Err(LossReason::TextLimitExceeded));
    }
}
