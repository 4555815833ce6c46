//! Spans with properties.

use crate::call::{Header, bracketed, end, words};
use crate::properties::Properties;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, Result, Token};

/// `[crate] [constant|named|dynamic] header, name = …, properties…`: an expression that gives a
/// guard.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let call: SpanCall = syn::parse2(input)?;
    Ok(call.expand())
}

struct SpanCall {
    root: TokenStream,
    kind: Kind,
    header: Header,
    name: Expr,
    properties: Properties,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The descriptor has the name.
    Constant,
    /// The name is a `&'static str`.
    Named,
    /// The name is any text.
    Dynamic,
}

impl Parse for SpanCall {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let root = bracketed(input)?;
        let words = words(input)?;
        let kind = match words.first().map(String::as_str) {
            Some("named") => Kind::Named,
            Some("dynamic") => Kind::Dynamic,
            _ => Kind::Constant,
        };
        let header = Header::parse(input)?;
        let key: Ident = input.parse()?;
        if key != "name" {
            let message = "a span with properties starts with its name: `name = …, key = value`";
            return Err(Error::new(key.span(), message));
        }
        input.parse::<Token![=]>()?;
        let name = input.parse()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        let properties = Properties::parse(input, "span", &["name"])?;
        end(input, "expected `key = value`")?;
        Ok(Self { root, kind, header, name, properties })
    }
}

impl SpanCall {
    fn expand(&self) -> TokenStream {
        let Self { root, kind, name, properties, .. } = self;
        let (static_name, own_name) = match kind {
            Kind::Constant => (quote!(#name), quote!("")),
            Kind::Named => (quote!(""), quote!({ let name: &'static str = #name; name })),
            Kind::Dynamic => (quote!(""), quote!(#root::__private::dynamic_name(#name))),
        };
        if !cfg!(feature = "enable") {
            let unused = properties.unused(root);
            return quote!({
                if false {
                    let _ = (#static_name, #own_name);
                    #unused
                }
                #root::DisabledSpanGuard
            });
        }
        let target = match &self.header.target {
            Some(target) => quote!(#target),
            None => quote!(::core::module_path!()),
        };
        let verbosity = match &self.header.verbosity {
            Some(verbosity) => quote!(#verbosity),
            None => quote!(#root::Verbosity::High),
        };
        let arguments = properties.arguments(root);
        let call = quote!(#root::TaggedSpanGuard::begin(&METADATA, #own_name, #arguments));
        let bound = properties.bound(call);
        quote!({
            static METADATA: #root::SpanMetadata =
                #root::SpanMetadata::new(#static_name, #root::__call_site!(#target))
                    .with_verbosity(#verbosity);
            if const { #root::STATIC_MAX_VERBOSITY.allows(#verbosity) } {
                #bound
            } else {
                #root::TaggedSpanGuard::unrecorded()
            }
        })
    }
}
