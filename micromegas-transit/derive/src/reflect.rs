//! The expansion of `#[derive(Reflect)]`.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitStr, Result, Type};

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
    let mut names = HashSet::new();
    for field in &fields.named {
        let Some(member) = &field.ident else { continue };
        let member_type = &field.ty;
        let options = parse_options(&field.attrs)?;
        let name = options.name.unwrap_or_else(|| member.to_string());
        refuse_type(member_type, options.reference)?;
        if !names.insert(name.clone()) {
            let message = format!("two members are called `{name}`: decoders find them by name");
            return Err(Error::new_spanned(member, message));
        }
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

/// Refuses types that no decoder can read, where the compiler's own words would not help.
fn refuse_type(member_type: &Type, is_reference: bool) -> Result<()> {
    let refuse = |message: &str| Err(Error::new_spanned(member_type, message));
    let name = match member_type {
        Type::Reference(_) | Type::Ptr(_) | Type::BareFn(_) => {
            return refuse(
                "no address leaves the process: store the id of a dependency as a u64, and mark \
                 it with #[reflect(reference)]",
            );
        }
        Type::Array(_) | Type::Slice(_) | Type::Tuple(_) => {
            return refuse("decoders read single numbers: give each element a member of its own");
        }
        Type::Path(path) => path.path.get_ident().map(ToString::to_string).unwrap_or_default(),
        _ => return Ok(()),
    };
    let wider = match name.as_str() {
        "bool" => "u8",
        "char" | "u16" => "u32",
        "usize" => "u64",
        "i8" | "i16" | "i32" | "isize" => "i64",
        "f32" => "f64",
        "String" => {
            return refuse(
                "a text is a dependency: send it as a StaticStringDependency, store its id as a \
                 u64, and mark that with #[reflect(reference)]",
            );
        }
        "u8" | "u32" | "i64" | "f64" if is_reference => {
            return refuse("a reference is an id of 64 bits: make the member a u64");
        }
        _ => return Ok(()),
    };
    refuse(&format!("published decoders do not read `{name}`: use {wider} instead"))
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
