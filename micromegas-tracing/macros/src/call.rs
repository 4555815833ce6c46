//! What the declarative macros hand on before the arguments of their caller.

use proc_macro2::{Group, TokenStream};
use syn::parse::ParseStream;
use syn::{Error, Expr, Ident, Result, Token, custom_keyword};

custom_keyword!(target);
custom_keyword!(verbosity);

/// The expansion, or an error in its place.
pub(crate) fn or_error(expansion: Result<TokenStream>) -> TokenStream {
    expansion.unwrap_or_else(Error::into_compile_error)
}

/// The tokens in the next pair of brackets.
pub(crate) fn bracketed(input: ParseStream<'_>) -> Result<TokenStream> {
    Ok(input.parse::<Group>()?.stream())
}

/// The words in the next pair of brackets.
pub(crate) fn words(input: ParseStream<'_>) -> Result<Vec<String>> {
    let words = bracketed(input)?.into_iter().map(|word| word.to_string());
    Ok(words.collect())
}

/// `target: …,` and `verbosity: …,` in front of the arguments.
#[derive(Default)]
pub(crate) struct Header {
    pub(crate) target: Option<Expr>,
    pub(crate) verbosity: Option<Expr>,
}

impl Header {
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut header = Self::default();
        while input.peek(Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
            let slot = if input.peek(target) {
                &mut header.target
            } else if input.peek(verbosity) {
                &mut header.verbosity
            } else {
                return Err(input.error("expected `target:` or `verbosity:`"));
            };
            if slot.is_some() {
                return Err(input.error("this stands here twice"));
            }
            input.parse::<Ident>()?;
            input.parse::<Token![:]>()?;
            *slot = Some(input.parse()?);
            comma(input, "expected a comma, and what is recorded")?;
        }
        Ok(header)
    }
}

/// A comma that something follows.
pub(crate) fn comma(input: ParseStream<'_>, message: &str) -> Result<()> {
    input.parse::<Token![,]>().map_err(|error| Error::new(error.span(), message))?;
    Ok(())
}

/// Nothing but a comma is left.
pub(crate) fn end(input: ParseStream<'_>, message: &str) -> Result<()> {
    input.parse::<Option<Token![,]>>()?;
    if input.is_empty() { Ok(()) } else { Err(input.error(message)) }
}
