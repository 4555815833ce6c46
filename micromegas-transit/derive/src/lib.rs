//! Derive macro for reflected event layouts; use it through `micromegas_transit::Reflect`.

#![forbid(unsafe_code)]

mod reflect;

use proc_macro::TokenStream;

/// Derives `Reflect` for a `#[repr(C)]` struct without padding.
///
/// Members must be `u8`, `u32`, `u64`, `i64` or `f64`. `#[reflect(reference)]` on a `u64` member
/// says that it is the id of a dependency. `#[reflect(name = "…")]` on the struct or on a member
/// gives it another name on the wire.
#[proc_macro_derive(Reflect, attributes(reflect))]
pub fn derive_reflect(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    reflect::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
