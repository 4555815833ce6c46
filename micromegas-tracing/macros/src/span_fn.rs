//! `#[span_fn]`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{
    Expr, ExprCall, FnArg, ImplItemFn, LitStr, Pat, PatIdent, Path, ReturnType, Signature, Stmt,
    Type, TypeImplTrait, TypeParamBound,
};

/// The function with its span.
pub(crate) fn expand(arguments: TokenStream, function: TokenStream) -> syn::Result<TokenStream> {
    let name = if arguments.is_empty() { None } else { Some(parse_name(arguments)?) };
    // A method's grammar contains that of a free function.
    let function: ImplItemFn = syn::parse2(function).map_err(|error| {
        syn::Error::new(error.span(), "#[span_fn] belongs on a function or method with a body")
    })?;
    Ok(if !cfg!(feature = "enable") {
        quote!(#function)
    } else if function.sig.asyncness.is_some() {
        instrument_async(function, name.as_ref())
    } else if returns_future(&function.sig) {
        instrument_returned(function, name.as_ref())
    } else {
        instrument_sync(function, name.as_ref())
    })
}

fn parse_name(arguments: TokenStream) -> syn::Result<LitStr> {
    syn::parse2(arguments).map_err(|error| {
        syn::Error::new(error.span(), "#[span_fn] takes the span's name as a string, or nothing")
    })
}

/// The static descriptor, as an expression of type `&'static SpanMetadata`.
fn descriptor(signature: &Signature, name: Option<&LitStr>) -> TokenStream {
    let function = signature.ident.unraw().to_string();
    let name = match name {
        Some(name) => quote!(#name),
        None => quote!(::core::concat!(::core::module_path!(), "::", #function)),
    };
    quote!({
        ::micromegas_tracing::static_span_desc!(SPAN_OF_FUNCTION, #name);
        &SPAN_OF_FUNCTION
    })
}

fn instrument_sync(function: ImplItemFn, name: Option<&LitStr>) -> TokenStream {
    let ImplItemFn { attrs, vis, defaultness, sig, block } = function;
    let descriptor = descriptor(&sig, name);
    let statements = block.stmts;
    quote! {
        #(#attrs)* #vis #defaultness #sig {
            let _span_of_function = ::micromegas_tracing::ThreadSpanGuard::begin(#descriptor);
            #(#statements)*
        }
    }
}

fn instrument_async(function: ImplItemFn, name: Option<&LitStr>) -> TokenStream {
    let ImplItemFn { attrs, vis, defaultness, mut sig, block } = function;
    let descriptor = descriptor(&sig, name);
    let statements = block.stmts;
    let output = match &sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, output) => quote!(#output),
    };
    let arguments = argument_names(&sig);
    let hint = output_hint(&sig.output);
    sig.asyncness = None;
    sig.output = syn::parse_quote!(-> impl ::core::future::Future<Output = #output>);
    quote! {
        #(#attrs)* #vis #defaultness #sig {
            ::micromegas_tracing::InstrumentedFuture::new(
                async move {
                    #hint
                    // As in an `async fn`, the future owns all arguments, also unused ones.
                    #(let _ = &#arguments;)*
                    #(#statements)*
                },
                #descriptor,
            )
        }
    }
}

/// Whether a function returns `Pin<…>` or `impl Future`: the form that `async_trait` and others give
/// to async methods.
fn returns_future(signature: &Signature) -> bool {
    let ReturnType::Type(_, output) = &signature.output else {
        return false;
    };
    let last_is =
        |path: &Path, name: &str| path.segments.last().is_some_and(|segment| segment.ident == name);
    match &**output {
        Type::Path(output) => last_is(&output.path, "Pin"),
        Type::ImplTrait(output) => output.bounds.iter().any(
            |bound| matches!(bound, TypeParamBound::Trait(bound) if last_is(&bound.path, "Future")),
        ),
        _ => false,
    }
}

fn instrument_returned(function: ImplItemFn, name: Option<&LitStr>) -> TokenStream {
    let ImplItemFn { attrs, vis, defaultness, sig, block } = function;
    let descriptor = descriptor(&sig, name);
    let is_impl = matches!(&sig.output, ReturnType::Type(_, output) if mentions_impl(output));
    let mut statements = block.stmts;
    let last = statements.pop();
    let spanned = |future: &dyn ToTokens| quote!(::micromegas_tracing::InstrumentedFuture::new(#future, #descriptor));
    let last = match &last {
        // What is pinned in a box is put around before, so that there is one box.
        Some(Stmt::Expr(Expr::Call(call), None)) if is_box_pin(call) => {
            let (pin, future) = (&call.func, spanned(&call.args[0]));
            quote!(#pin(#future))
        }
        Some(last) if is_impl => spanned(&quote!({ #last })),
        Some(last) => {
            let future = spanned(&quote!({ #last }));
            quote!(::std::boxed::Box::pin(#future))
        }
        None => TokenStream::new(),
    };
    quote! {
        #(#attrs)* #vis #defaultness #sig {
            #(#statements)*
            #last
        }
    }
}

fn is_box_pin(call: &ExprCall) -> bool {
    let Expr::Path(function) = &*call.func else {
        return false;
    };
    let names: Vec<_> = function.path.segments.iter().map(|own| own.ident.to_string()).collect();
    call.args.len() == 1 && names.ends_with(&["Box".to_owned(), "pin".to_owned()])
}

/// Never runs; tells the compiler the type of the async block where `?` and `into` need it.
fn output_hint(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Type(_, output) if !mentions_impl(output) => quote! {
            if false {
                return ::micromegas_tracing::__private::never::<#output>();
            }
        },
        _ => TokenStream::new(),
    }
}

fn mentions_impl(output: &Type) -> bool {
    struct Search(bool);
    impl Visit<'_> for Search {
        fn visit_type_impl_trait(&mut self, _: &TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut search = Search(false);
    search.visit_type(output);
    search.0
}

/// All names that the arguments bind, `self` included.
fn argument_names(signature: &Signature) -> Vec<Ident> {
    struct Names(Vec<Ident>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
            self.0.push(pattern.ident.clone());
            syn::visit::visit_pat_ident(self, pattern);
        }
    }
    let mut names = Names(Vec::new());
    for argument in &signature.inputs {
        match argument {
            FnArg::Receiver(receiver) => names.0.push(Ident::from(receiver.self_token)),
            FnArg::Typed(argument) => names.visit_pat(argument.pat.as_ref() as &Pat),
        }
    }
    names.0
}

#[cfg(all(test, feature = "enable"))]
mod tests {
    use super::*;

    fn expanded(arguments: TokenStream, function: TokenStream) -> String {
        crate::call::or_error(expand(arguments, function)).to_string()
    }

    #[test]
    fn an_async_function_returns_a_future_and_owns_its_arguments() {
        let text = expanded(
            TokenStream::new(),
            quote!(
                pub async fn f(&self, (a, b): (u8, u8)) -> Result<u8, E> {
                    Ok(g(a)?)
                }
            ),
        );
        assert!(!text.contains("async fn"));
        assert!(text.contains("impl :: core :: future :: Future < Output = Result < u8 , E > >"));
        for argument in ["self", "a", "b"] {
            assert!(text.contains(&format!("let _ = & {argument}")), "{text}");
        }
    }

    #[test]
    fn a_given_name_has_no_quotation_marks_in_it() {
        let text = expanded(
            quote!("work"),
            quote!(
                fn f() {}
            ),
        );
        assert!(text.contains(r#"(SPAN_OF_FUNCTION , "work")"#), "{text}");
    }

    #[test]
    fn misuse_is_explained() {
        assert!(
            expanded(
                TokenStream::new(),
                quote!(
                    struct S;
                )
            )
            .contains("belongs on a function")
        );
        assert!(
            expanded(
                quote!(3),
                quote!(
                    fn f() {}
                )
            )
            .contains("as a string")
        );
    }
}
