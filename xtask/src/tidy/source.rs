//! A Rust file, taken apart into code and comments.
//!
//! The code keeps its lines but has blanks in place of comments and of what stands in literals, so
//! that a rule which looks for a word finds that word and not its mention.

/// A Rust file.
pub(crate) struct Source<'a> {
    /// The file, relative to the root of the checkout.
    pub(crate) file: &'a str,
    /// The text as it is.
    pub(crate) text: &'a str,
    /// The text without comments and without the contents of literals.
    pub(crate) code: String,
    /// Every line of every comment.
    pub(crate) comments: Vec<CommentLine>,
}

/// One line of a comment, marker included.
#[derive(Debug, PartialEq)]
pub(crate) struct CommentLine {
    /// Counted from one.
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl<'a> Source<'a> {
    /// Takes the text apart.
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        let mut splitter = Splitter { rest: text, line: 1, code: String::new(), comments: vec![] };
        splitter.split();
        Self { file, text, code: splitter.code, comments: splitter.comments }
    }

    /// The lines of the code, counted from one.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// The words of a piece of code: identifiers, keywords, numbers.
pub(crate) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !is_word(c)).filter(|word| !word.is_empty())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Splitter<'a> {
    rest: &'a str,
    line: usize,
    code: String,
    comments: Vec<CommentLine>,
}

impl Splitter<'_> {
    fn split(&mut self) {
        while let Some(next) = self.rest.chars().next() {
            // The end of an identifier is no prefix of a literal.
            let in_word = next.is_alphabetic() && self.code.ends_with(is_word);
            if self.rest.starts_with("//") {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.comment(end);
            } else if self.rest.starts_with("/*") {
                let end = block_comment_end(self.rest);
                self.comment(end);
            } else if let Some(literal) = literal(self.rest).filter(|_| !in_word) {
                self.keep(literal.open);
                self.blank(literal.close - literal.open);
                self.keep(literal.end - literal.close);
            } else {
                self.keep(next.len_utf8());
            }
        }
    }

    /// Takes so many bytes as code.
    fn keep(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.code.push_str(taken);
        self.rest = rest;
    }

    /// Takes so many bytes as blanks.
    fn blank(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.code.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }

    /// Takes so many bytes as a comment.
    fn comment(&mut self, length: usize) {
        let lines = self.rest[..length].lines().enumerate();
        let first = self.line;
        self.comments.extend(
            lines.map(|(index, text)| CommentLine { line: first + index, text: text.to_owned() }),
        );
        self.blank(length);
    }
}

/// Where a block comment, which may hold others, ends.
fn block_comment_end(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match rest.chars().next() {
                Some(c) => at += c.len_utf8(),
                None => return at,
            }
        }
    }
}

/// Offsets of a literal's contents and of its end.
struct Literal {
    open: usize,
    close: usize,
    end: usize,
}

/// The string or character literal that the text begins with.
fn literal(text: &str) -> Option<Literal> {
    let prefix = text.find(|c: char| !c.is_ascii_lowercase())?;
    let (kind, body) = text.split_at(prefix);
    match (kind, body.as_bytes()[0]) {
        ("" | "b" | "c", b'"') => Some(quoted(text, prefix, '"')),
        ("" | "b", b'\'') if is_character(body) => Some(quoted(text, prefix, '\'')),
        ("r" | "br" | "cr", b'"' | b'#') => raw(text, prefix),
        _ => None,
    }
}

/// Tells a character from a lifetime: it has its closing quote after one (or one escaped) character.
fn is_character(body: &str) -> bool {
    let mut characters = body.chars().skip(1);
    match characters.next() {
        Some('\\') => true,
        Some(_) => characters.next() == Some('\''),
        None => false,
    }
}

fn quoted(text: &str, prefix: usize, quote: char) -> Literal {
    let open = prefix + 1;
    let mut is_escaped = false;
    let close = text[open..].char_indices().find(|&(_, c)| {
        let ends = c == quote && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    });
    match close {
        Some((length, _)) => Literal { open, close: open + length, end: open + length + 1 },
        None => Literal { open, close: text.len(), end: text.len() },
    }
}

fn raw(text: &str, prefix: usize) -> Option<Literal> {
    let hashes = text[prefix..].bytes().take_while(|&byte| byte == b'#').count();
    let open = prefix + hashes + 1;
    if text.as_bytes().get(open - 1) != Some(&b'"') {
        return None; // a raw identifier
    }
    let end_mark = format!("\"{}", "#".repeat(hashes));
    let close = text[open..].find(&end_mark).map_or(text.len(), |length| open + length);
    Some(Literal { open, close, end: (close + end_mark.len()).min(text.len()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::new("a.rs", text).code
    }

    #[test]
    fn comments_become_blanks_and_are_kept_line_by_line() {
        let source = Source::new("a.rs", "a(); // one\n/* two\n/* three */ */ b();");
        assert_eq!(source.code, "a();       \n      \n               b();");
        let comments: Vec<_> =
            source.comments.iter().map(|comment| (comment.line, comment.text.as_str())).collect();
        assert_eq!(comments, [(1, "// one"), (2, "/* two"), (3, "/* three */ */")]);
    }

    #[test]
    fn contents_of_literals_become_blanks() {
        assert_eq!(
            code(r#"f("unsafe \" //", b"x", 'y', '\'', '"')"#),
            r#"f("            ", b" ", ' ', '  ', ' ')"#
        );
        assert_eq!(code("r#\"a \" b\"# + br\"c\""), "r#\"     \"# + br\" \"");
        assert_eq!(code("\"two\nlines\" end"), "\"   \n     \" end");
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        assert_eq!(code("fn f<'a>(r#type: &'a str) {}"), "fn f<'a>(r#type: &'a str) {}");
        assert_eq!(code("&'static str; 'label: loop {}"), "&'static str; 'label: loop {}");
    }

    #[test]
    fn an_identifier_before_a_quote_is_no_prefix() {
        assert_eq!(code("number\"x\""), "number\" \"");
    }

    #[test]
    fn unfinished_files_end_somewhere() {
        for text in ["\"abc", "/* abc", "r#\"abc", "'\\", "// abc", "b'"] {
            let _ = code(text);
        }
    }

    #[test]
    fn words_are_whole() {
        let found: Vec<_> = words("#![deny(unsafe_code)] unsafe{x}").collect();
        assert_eq!(found, ["deny", "unsafe_code", "unsafe", "x"]);
    }
}
