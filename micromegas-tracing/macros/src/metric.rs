//! Samples of metrics with properties, verbosity, or names made at run time.

use crate::call::{Header, bracketed, comma, end, words};
use crate::properties::Properties;
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Result};

/// `[crate] [u64|f64 constant|dynamic] header, name, unit, properties…, value`
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let call: MetricCall = syn::parse2(input)?;
    Ok(call.expand())
}

struct MetricCall {
    root: TokenStream,
    is_float: bool,
    is_dynamic: bool,
    header: Header,
    name: Expr,
    unit: Expr,
    properties: Properties,
    value: Expr,
}

impl Parse for MetricCall {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let root = bracketed(input)?;
        let words = words(input)?;
        let has = |word: &str| words.iter().any(|own| own == word);
        let header = Header::parse(input)?;
        let name = input.parse()?;
        comma(input, "a metric needs a name, a unit and a value")?;
        let unit = input.parse()?;
        comma(input, "a metric needs a name, a unit and a value")?;
        let properties = Properties::parse(input, "metric", &["target", "name", "unit"])?;
        if input.is_empty() {
            let message = "a metric needs a value, after its properties";
            return Err(Error::new(input.span(), message));
        }
        let value = input.parse()?;
        end(input, "nothing can follow the value; properties come before it")?;
        let (is_float, is_dynamic) = (has("f64"), has("dynamic"));
        Ok(Self { root, is_float, is_dynamic, header, name, unit, properties, value })
    }
}

impl MetricCall {
    fn expand(&self) -> TokenStream {
        let Self { root, name, unit, properties, value, .. } = self;
        let value_type = if self.is_float { quote!(f64) } else { quote!(u64) };
        let value = quote!({ let value: #value_type = #value; value });
        let text = |of: &Expr| quote!(#root::PropertyText::property_text(&(#of)));
        let (name_text, unit_text) = (text(name), text(unit));
        if !cfg!(feature = "enable") {
            let unused = properties.unused(root);
            return quote!(if false {
                let _ = (#name_text, #unit_text);
                #unused
                let _ = #value;
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
        let (static_names, names) = if self.is_dynamic {
            let names =
                quote!(#root::__private::MetricNames { name: #name_text, unit: #unit_text });
            (quote!("", ""), names)
        } else {
            (quote!(#name, #unit), quote!(::core::default::Default::default()))
        };
        let arguments = properties.arguments(root);
        let call = quote! {
            #root::__private::record_sample(&METADATA, #names, #arguments, #value)
        };
        let bound = properties.bound(call);
        quote!({
            static METADATA: #root::MetricMetadata =
                #root::MetricMetadata::new(#static_names, #root::__call_site!(#target))
                    .with_verbosity(#verbosity);
            if const { #root::STATIC_MAX_VERBOSITY.allows(#verbosity) } {
                #bound
            }
        })
    }
}
