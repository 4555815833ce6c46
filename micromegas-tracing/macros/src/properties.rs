//! The properties in the middle of a macro's arguments: `key = value`, `..SET`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Error, Expr, Lit, LitStr, Result, Token};

/// The properties of one call.
pub(crate) struct Properties {
    entries: Vec<Entry>,
    spread: Option<Expr>,
}

struct Entry {
    key: String,
    value: Value,
}

/// What stands behind the `=`.
enum Value {
    /// A literal, with its sign.
    Constant(TokenStream),
    /// `static expr`: text that lives as long as the process.
    Static(Expr),
    /// `expr`: text.
    Text(Expr),
    /// `%expr`.
    Display(Expr),
    /// `?expr`.
    Debug(Expr),
}

impl Value {
    /// Literals and statics give way to what is made at run time.
    fn is_dynamic(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Display(_) | Self::Debug(_))
    }
}

/// How a property can stand in a format string.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// As `{key}`.
    Displayed,
    /// As `{key:?}`.
    Debugged,
}

impl Properties {
    /// Parses what is there, each with the comma behind it. `reserved` keys say something else
    /// about an event `of` this kind.
    pub(crate) fn parse(input: ParseStream<'_>, of: &str, reserved: &[&str]) -> Result<Self> {
        let mut properties = Self { entries: Vec::new(), spread: None };
        while !input.is_empty() {
            if input.peek(Token![..]) {
                let dots: Token![..] = input.parse()?;
                if properties.spread.is_some() {
                    return Err(Error::new(dots.spans[0], "`..SET` can stand here once only"));
                }
                properties.spread = Some(input.parse()?);
            } else if let Some(key) = Key::parse(input)? {
                if properties.spread.is_some() {
                    let message = "`..SET` comes after all other properties";
                    return Err(Error::new(key.span, message));
                }
                key.check(of, reserved)?;
                let value = Value::parse(input)?;
                properties.add(key.name, value);
            } else {
                break;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|error| {
                    Error::new(error.span(), "expected a comma after a property")
                })?;
            }
        }
        Ok(properties)
    }

    /// Of equal keys, in whatever case, one counts: the last of those made at run time, else the
    /// last.
    fn add(&mut self, key: String, value: Value) {
        let known = self.entries.iter().position(|own| own.key.eq_ignore_ascii_case(&key));
        match known {
            None => self.entries.push(Entry { key, value }),
            Some(place) if value.is_dynamic() || !self.entries[place].value.is_dynamic() => {
                self.entries[place] = Entry { key, value };
            }
            Some(_) => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.spread.is_none()
    }

    /// How the property of exactly this key can stand in a format string.
    pub(crate) fn shown(&self, key: &str) -> Option<Shown> {
        let entry = self.entries.iter().find(|own| own.key == key)?;
        Some(match entry.value {
            Value::Debug(_) => Shown::Debugged,
            _ => Shown::Displayed,
        })
    }

    /// The property of exactly this key as an argument of a format string, inside
    /// [`bound`](Self::bound).
    pub(crate) fn argument(&self, key: &str) -> Option<TokenStream> {
        let place = self.entries.iter().position(|own| own.key == key)?;
        let name = variable(place);
        Some(match &self.entries[place].value {
            Value::Constant(literal) => quote!(::core::concat!(#literal)),
            _ => quote!(#name),
        })
    }

    /// An expression with the values of all properties evaluated, once each.
    pub(crate) fn bound(&self, inside: TokenStream) -> TokenStream {
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (place, entry) in self.entries.iter().enumerate() {
            match &entry.value {
                Value::Constant(_) => {}
                Value::Static(value)
                | Value::Text(value)
                | Value::Display(value)
                | Value::Debug(value) => {
                    names.push(variable(place));
                    values.push(value);
                }
            }
        }
        if names.is_empty() {
            return inside;
        }
        quote!(match (#(&(#values),)*) { (#(#names,)*) => #inside })
    }

    /// The arguments that recording takes: constants, spread set, what makes the rest. They stand
    /// inside [`bound`](Self::bound).
    pub(crate) fn arguments(&self, root: &TokenStream) -> TokenStream {
        let constants = self.constants(root);
        let spread = match &self.spread {
            Some(set) => quote!({
                let set: &'static #root::PropertySet = #set;
                ::core::option::Option::Some(set)
            }),
            None => quote!(::core::option::Option::None),
        };
        let pushes = self.entries.iter().enumerate().filter_map(|(place, entry)| {
            let (key, value) = (&entry.key, variable(place));
            Some(match &entry.value {
                Value::Constant(_) => return None,
                Value::Static(_) => quote!({
                    let text: &'static str = *#value;
                    list.push_text(#key, text);
                }),
                // What is wrong with a value is said where it stands.
                Value::Text(expr) => {
                    let mut value = value;
                    value.set_span(expr.span().resolved_at(Span::mixed_site()));
                    quote_spanned!(place_of(expr)=> list.push_text(#key, #value);)
                }
                Value::Display(expr) => quote_spanned!(place_of(expr)=>
                    list.push(#key, ::core::format_args!("{}", #value));
                ),
                Value::Debug(expr) => quote_spanned!(place_of(expr)=>
                    list.push(#key, ::core::format_args!("{:?}", #value));
                ),
            })
        });
        let pushes: Vec<_> = pushes.collect();
        let fill = if pushes.is_empty() {
            quote!(|_: &mut #root::PropertyList| {})
        } else {
            quote!(|list: &mut #root::PropertyList| { #(#pushes)* })
        };
        quote!(#constants, #spread, #fill)
    }

    fn constants(&self, root: &TokenStream) -> TokenStream {
        let pairs: Vec<_> = self
            .entries
            .iter()
            .filter_map(|Entry { key, value }| match value {
                Value::Constant(literal) => {
                    Some(quote!(#root::Property::new(#key, ::core::concat!(#literal))))
                }
                _ => None,
            })
            .collect();
        if pairs.is_empty() {
            return quote!(::core::option::Option::None);
        }
        quote!({
            static CONSTANTS: #root::PropertySet = #root::PropertySet::new(&[#(#pairs),*]);
            ::core::option::Option::Some(&CONSTANTS)
        })
    }

    /// The values as statements that check their types and do nothing.
    pub(crate) fn unused(&self, root: &TokenStream) -> TokenStream {
        let arguments = self.arguments(root);
        let check = quote!({ let _ = #root::__private::unused_properties(#arguments); });
        self.bound(check)
    }
}

/// The place of a value in the source; names mean what they mean in the expansion.
fn place_of(value: &Expr) -> Span {
    value.span().resolved_at(Span::call_site())
}

/// What a value is called where it is bound; no name of the caller is the same.
fn variable(place: usize) -> Ident {
    format_ident!("value_{}", place, span = Span::mixed_site())
}

struct Key {
    name: String,
    span: Span,
}

impl Key {
    /// A key, if what follows is one: an identifier or a string before a `=`.
    fn parse(input: ParseStream<'_>) -> Result<Option<Self>> {
        let is_before_equals = input.peek2(Token![=]) && !input.peek2(Token![==]);
        let key = if !is_before_equals || input.peek2(Token![=>]) {
            return Ok(None);
        } else if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            Self { name: literal.value(), span: literal.span() }
        } else if input.peek(Ident::peek_any) {
            let ident = input.call(Ident::parse_any)?;
            Self { name: ident.unraw().to_string(), span: ident.span() }
        } else {
            return Err(input.error("the key of a property is an identifier or a string"));
        };
        input.parse::<Token![=]>()?;
        Ok(Some(key))
    }

    fn check(&self, of: &str, reserved: &[&str]) -> Result<()> {
        if reserved.iter().any(|own| own.eq_ignore_ascii_case(&self.name)) {
            let name = &self.name;
            let message = format!(
                "`{name}` says something else about a {of}, so it cannot be the key of a property"
            );
            return Err(Error::new(self.span, message));
        }
        if self.name.is_empty() {
            return Err(Error::new(self.span, "the key of a property cannot be empty"));
        }
        Ok(())
    }
}

impl Value {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Token![%]) {
            input.parse::<Token![%]>()?;
            return Ok(Self::Display(input.parse()?));
        }
        if input.peek(Token![?]) {
            input.parse::<Token![?]>()?;
            return Ok(Self::Debug(input.parse()?));
        }
        if input.peek(Token![static]) {
            input.parse::<Token![static]>()?;
            return Ok(Self::Static(input.parse()?));
        }
        if let Some(literal) = parse_literal(input)? {
            return Ok(Self::Constant(literal));
        }
        Ok(Self::Text(input.parse()?))
    }
}

/// A literal that is the whole value.
fn parse_literal(input: ParseStream<'_>) -> Result<Option<TokenStream>> {
    let ahead = input.fork();
    let has_sign = ahead.parse::<Token![-]>().is_ok();
    let is_literal = ahead.peek(Lit) && ahead.parse::<Lit>().is_ok();
    if !is_literal || !(ahead.is_empty() || ahead.peek(Token![,])) {
        return Ok(None);
    }
    if has_sign {
        input.parse::<Token![-]>()?;
    }
    let literal: Lit = input.parse()?;
    if matches!(literal, Lit::Byte(_) | Lit::ByteStr(_) | Lit::CStr(_)) {
        return Err(Error::new(literal.span(), "bytes are not text; write `?` before the value"));
    }
    let sign = has_sign.then(|| quote!(-));
    Ok(Some(quote!(#sign #literal)))
}
