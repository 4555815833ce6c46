//! The expansion of `#[derive(Reflect)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitStr, Result};

/// What `#[reflect(…)]` says about a struct or a member.
#[derive(Default)]
struct Options {
    reference: bool,
    name: Option<String>,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    require_repr_c(input)?;
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "a reflected struct cannot be generic"));
    }
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "Reflect can be derived for structs only"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(
            &input.ident,
            "a reflected struct needs named members: decoders find them by name",
        ));
    };

    let options = parse_options(&input.attrs)?;
    if options.reference {
        return Err(Error::new_spanned(&input.ident, "`reference` belongs on a member"));
    }
    let ident = &input.ident;
    let type_name = options.name.unwrap_or_else(|| ident.to_string());

    let mut layouts = Vec::new();
    let mut writes = Vec::new();
    let mut sizes = Vec::new();
    let mut reference_checks = Vec::new();
    for field in &fields.named {
        let Some(member) = &field.ident else { continue };
        let member_type = &field.ty;
        let options = parse_options(&field.attrs)?;
        let name = options.name.unwrap_or_else(|| member.to_string());
        let reference = options.reference;
        if reference {
            reference_checks.push(quote! {
                // A reference is an id of 64 bits.
                let _: fn(&#ident) -> u64 = |value| value.#member;
            });
        }
        let offset = quote!(::core::mem::offset_of!(#ident, #member));
        layouts.push(quote! {
            ::micromegas_transit::MemberLayout::of::<#member_type>(#name, #offset, #reference)
        });
        writes.push(quote! {
            ::micromegas_transit::ReflectMember::write_to(
                self.#member,
                &mut out[#offset..#offset + <#member_type as ::micromegas_transit::ReflectMember>::SIZE],
            );
        });
        sizes.push(quote!(<#member_type as ::micromegas_transit::ReflectMember>::SIZE));
    }

    Ok(quote! {
        const _: () = {
            assert!(
                ::core::mem::size_of::<#ident>() == 0 #(+ #sizes)*,
                "a reflected struct must not contain padding: order its members by falling size \
                 and fill the end with explicit members",
            );
            #(#reference_checks)*
        };

        impl ::micromegas_transit::Reflect for #ident {
            const SIZE: usize = ::core::mem::size_of::<#ident>();

            fn layout() -> ::micromegas_transit::TypeLayout {
                ::micromegas_transit::TypeLayout {
                    name: ::std::string::String::from(#type_name),
                    size: <Self as ::micromegas_transit::Reflect>::SIZE as u32,
                    members: ::std::vec![#(#layouts),*],
                    is_reference: false,
                }
            }

            #[inline]
            fn write_to(&self, out: &mut [u8]) {
                #(#writes)*
            }
        }
    })
}

/// The compiler may choose the layout of a struct without `#[repr(C)]`.
fn require_repr_c(input: &DeriveInput) -> Result<()> {
    let mut is_c = false;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("C") {
                is_c = true;
                return Ok(());
            }
            Err(meta.error("a reflected struct has #[repr(C)] and no other representation"))
        })?;
    }
    if is_c {
        Ok(())
    } else {
        Err(Error::new_spanned(
            &input.ident,
            "add #[repr(C)]: the layout of a reflected struct is part of the wire",
        ))
    }
}

fn parse_options(attributes: &[Attribute]) -> Result<Options> {
    let mut options = Options::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("reflect")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("reference") {
                options.reference = true;
                Ok(())
            } else if meta.path.is_ident("name") {
                options.name = Some(meta.value()?.parse::<LitStr>()?.value());
                Ok(())
            } else {
                Err(meta.error("expected `reference` or `name = \"…\"`"))
            }
        })?;
    }
    Ok(options)
}
