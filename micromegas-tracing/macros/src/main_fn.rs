//! `#[main]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Expr, ItemFn, Result};

/// `fn main` with what keeps telemetry alive around its body.
pub(crate) fn expand(arguments: TokenStream, function: TokenStream) -> Result<TokenStream> {
    let guard: Expr = syn::parse2(arguments).map_err(|error| {
        let message = "#[main] takes an expression whose value keeps telemetry alive, as in \
                       `#[main(start_telemetry()?)]`";
        Error::new(error.span(), message)
    })?;
    let ItemFn { attrs, vis, mut sig, block } = syn::parse2(function)?;
    if !sig.inputs.is_empty() {
        return Err(Error::new_spanned(&sig.inputs, "the function `main` takes no arguments"));
    }
    let is_async = sig.asyncness.take().is_some();
    let statements = &block.stmts;
    let body = if is_async {
        quote! {
            let mut threads = ::tokio::runtime::Builder::new_multi_thread();
            ::micromegas_tracing::TracingRuntimeExt::with_tracing_callbacks(&mut threads);
            let runtime = threads.enable_all().build().expect("the threads of tokio start");
            runtime.block_on(async move { #(#statements)* })
        }
    } else {
        quote!(#(#statements)*)
    };
    Ok(quote! {
        #(#attrs)* #vis #sig {
            let _telemetry = #guard;
            #body
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(arguments: TokenStream, function: TokenStream) -> String {
        crate::call::or_error(expand(arguments, function)).to_string()
    }

    #[test]
    fn the_guard_outlives_the_runtime() {
        let text = expanded(
            quote!(start()?),
            quote!(
                async fn main() -> R {
                    f().await
                }
            ),
        );
        assert!(!text.contains("async fn"));
        let (guard, runtime) = (text.find("let _telemetry = start"), text.find("let runtime"));
        assert!(guard < runtime, "{text}");
        assert!(
            !expanded(
                quote!(start()),
                quote!(
                    fn main() {}
                )
            )
            .contains("tokio")
        );
    }

    #[test]
    fn misuse_is_explained() {
        assert!(
            expanded(
                TokenStream::new(),
                quote!(
                    fn main() {}
                )
            )
            .contains("keeps telemetry")
        );
        assert!(
            expanded(
                quote!(start()),
                quote!(
                    fn main(x: u8) {}
                )
            )
            .contains("no arguments")
        );
    }
}
