//! Log entries with properties.

use crate::call::bracketed;
use crate::format_text::{self, Placeholder};
use crate::properties::{Properties, Shown};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, Expr, ExprLit, Lit, LitStr, Result, Token};

/// `[crate] [target] [level] properties…, "text", arguments…`
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let call: LogCall = syn::parse2(input)?;
    Ok(call.expand())
}

struct LogCall {
    root: TokenStream,
    target: TokenStream,
    level: TokenStream,
    properties: Properties,
    text: Expr,
    arguments: Vec<Argument>,
}

struct Argument {
    name: Option<String>,
    tokens: TokenStream,
}

impl Parse for LogCall {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (root, target) = (bracketed(input)?, bracketed(input)?);
        let level = bracketed(input)?;
        let properties = Properties::parse(input, "log entry", &["level", "target"])?;
        if input.is_empty() {
            let message = "a log entry needs a message: a string after the properties";
            return Err(Error::new(input.span(), message));
        }
        let text: Expr = input.parse()?;
        if let Expr::Assign(assignment) = &text {
            let message = "the key of a property is an identifier or a string";
            return Err(Error::new_spanned(&assignment.left, message));
        }
        let mut arguments = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>().map_err(|error| {
                Error::new(error.span(), "expected a comma between the message and its arguments")
            })?;
            if !input.is_empty() {
                arguments.push(input.parse()?);
            }
        }
        Ok(Self { root, target, level, properties, text, arguments })
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let is_named = input.peek(Ident::peek_any)
            && input.peek2(Token![=])
            && !input.peek2(Token![==])
            && !input.peek2(Token![=>]);
        if is_named {
            let name = input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            let value: Expr = input.parse()?;
            let tokens = quote!(#name = #value);
            return Ok(Self { name: Some(name.unraw().to_string()), tokens });
        }
        let value: Expr = input.parse()?;
        Ok(Self { name: None, tokens: quote!(#value) })
    }
}

/// What the message is made of.
enum Form {
    Constant,
    Template,
    Formatted,
}

impl LogCall {
    fn expand(&self) -> TokenStream {
        let Self { root, target, level, text, .. } = self;
        let recording = self.recording();
        if !cfg!(feature = "enable") {
            return quote!(if false { #recording });
        }
        quote!({
            static METADATA: #root::LogMetadata =
                #root::LogMetadata::new(#level, #text, #root::__call_site!(#target));
            if const { #root::STATIC_MAX_LEVEL.allows(#level) } && METADATA.is_enabled_at(#level) {
                #recording
            }
        })
    }

    fn recording(&self) -> TokenStream {
        let Self { root, properties, .. } = self;
        let formatted = self.formatted();
        if !cfg!(feature = "enable") {
            let unused = properties.unused(root);
            let formatted = properties.bound(quote!({ let _ = #formatted; }));
            let (target, level) = (&self.target, &self.level);
            return quote!(
                let _: (&'static str, #root::Level) = (#target, #level);
                #unused
                #formatted
            );
        }
        let message = match self.form() {
            Form::Constant => quote!(#root::__private::Message::Constant),
            Form::Template => quote!(#root::__private::Message::Template(#formatted)),
            Form::Formatted => quote!(#root::__private::Message::Formatted(#formatted)),
        };
        if properties.is_empty() {
            return match self.form() {
                Form::Constant => quote!(#root::__private::record_constant(&METADATA);),
                _ => quote!(#root::__private::record_formatted(&METADATA, #formatted);),
            };
        }
        let arguments = properties.arguments(root);
        let call = quote!(#root::__private::record_tagged(&METADATA, #arguments, #message));
        let bound = properties.bound(call);
        quote!(#bound;)
    }

    fn literal(&self) -> Option<&LitStr> {
        match &self.text {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
            _ => None,
        }
    }

    fn placeholders(&self) -> Option<Vec<Placeholder>> {
        format_text::placeholders(&self.literal()?.value())
    }

    fn form(&self) -> Form {
        if !self.arguments.is_empty() {
            return Form::Formatted;
        }
        if self.literal().is_some_and(|text| format_text::is_constant(&text.value())) {
            return Form::Constant;
        }
        let is_template = self.placeholders().is_some_and(|all| {
            all.iter().all(|place| match self.properties.shown(&place.argument) {
                Some(Shown::Displayed) => place.format.is_empty(),
                Some(Shown::Debugged) => place.format == "?",
                None => false,
            })
        });
        if is_template && !self.properties.is_empty() { Form::Template } else { Form::Formatted }
    }

    /// The message as format arguments. Placeholders that name a property mean that.
    fn formatted(&self) -> TokenStream {
        let given: BTreeSet<_> =
            self.arguments.iter().filter_map(|argument| argument.name.as_deref()).collect();
        let wanted: BTreeSet<_> = self
            .placeholders()
            .unwrap_or_default()
            .into_iter()
            .map(|place| place.argument)
            .filter(|name| !given.contains(name.as_str()) && is_identifier(name))
            .collect();
        let named = wanted.iter().filter_map(|name| {
            let value = self.properties.argument(name)?;
            let name = format_ident!("{}", name);
            Some(quote!(#name = #value))
        });
        let text = &self.text;
        let arguments = self.arguments.iter().map(|argument| argument.tokens.clone());
        let all = arguments.chain(named);
        quote!(::core::format_args!(#text #(, #all)*))
    }
}

fn is_identifier(name: &str) -> bool {
    Ident::parse_any.parse_str(name).is_ok()
}

/// `#[log_fn]`: an entry of level Trace with the function's name when it is called.
pub(crate) fn expand_log_fn(arguments: TokenStream, function: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "#[log_fn] takes no arguments"));
    }
    let function: syn::ImplItemFn = syn::parse2(function).map_err(|error| {
        Error::new(error.span(), "#[log_fn] belongs on a function or method with a body")
    })?;
    let syn::ImplItemFn { attrs, vis, defaultness, sig, block } = function;
    let name = sig.ident.unraw().to_string();
    let statements = block.stmts;
    Ok(quote! {
        #(#attrs)* #vis #defaultness #sig {
            ::micromegas_tracing::trace!(#name);
            #(#statements)*
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(call: TokenStream) -> String {
        let input = quote!([::m] ["t"] [Level::Info] #call);
        expand(input).unwrap_or_else(|error| error.to_compile_error()).to_string()
    }

    #[test]
    fn the_form_of_a_message_is_chosen_at_compile_time() {
        let table = [
            (quote!(a = 1, "plain"), "Message :: Constant"),
            (quote!(a = 1, "{a}"), "Message :: Template"),
            (quote!(a = ?x, "{a:?} {{"), "Message :: Template"),
            (quote!(a = ?x, "{a}"), "Message :: Formatted"),
            (quote!(a = %x, "{a:?}"), "Message :: Formatted"),
            (quote!(a = %x, "{a} {b}"), "Message :: Formatted"),
            (quote!(a = %x, "{a} {}", 5), "Message :: Formatted"),
        ];
        for (call, expected) in table {
            let text = expanded(call);
            if cfg!(feature = "enable") {
                assert!(text.contains(expected), "{text}");
            }
        }
    }

    #[test]
    fn misuse_is_explained() {
        let table = [
            (quote!(a = 1), "needs a message"),
            (quote!(level = 1, "x"), "cannot be the key"),
            (quote!(..A, b = 1, "x"), "comes after all other"),
            (quote!(..A, ..B, "x"), "once only"),
            (quote!(a = b"x", "x"), "bytes are not text"),
            (quote!(a.b = 1, "x"), "an identifier or a string"),
        ];
        for (call, expected) in table {
            let text = expanded(call);
            assert!(text.contains(expected), "{text}");
        }
    }
}
