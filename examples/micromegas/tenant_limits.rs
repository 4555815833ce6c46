//! How much each tenant may send, as the command line says it.

use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};
use micromegas_ingestion::{LimitOptions, TenantLimits};
use micromegas_lakehouse::Tenant;

/// What tenants may send; without any of it, as fast as the server takes it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TenantLimitArgs {
    /// What each tenant may send: `requests=200,bytes=50000000` a second, and `in-flight-bytes` and
    /// `in-flight-requests` at a time
    #[arg(long, env = "MICROMEGAS_LIMITS", value_name = "LIMITS")]
    limits: Option<Limits>,

    /// The same for one tenant: team-a:requests=200,bytes=50000000; what is not said is as if
    /// nothing were said at all
    #[arg(
        long,
        env = "MICROMEGAS_TENANT_LIMITS",
        value_name = "TENANT:LIMITS",
        value_delimiter = ';'
    )]
    tenant_limits: Vec<OfTenant>,
}

/// Limits by name.
#[derive(Debug, Clone, PartialEq)]
struct Limits(TenantLimits);

/// The limits of a tenant.
#[derive(Debug, Clone, PartialEq)]
struct OfTenant(Tenant, TenantLimits);

impl FromStr for Limits {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut limits = TenantLimits::default();
        for part in text.split(',') {
            let (name, number) = part.split_once('=').context("write it as requests=200")?;
            let wrong = || format!("{number:?} is no number of {name}");
            let number: u64 = number.parse().with_context(wrong)?;
            limits = match name {
                _ if number == 0 => bail!("{name}=0 would let nothing in"),
                "requests" => limits.with_requests_per_second(number.try_into()?),
                "bytes" => limits.with_bytes_per_second(number),
                "in-flight-bytes" => limits.with_in_flight_bytes_max(number.try_into()?),
                "in-flight-requests" => limits.with_in_flight_requests_max(number.try_into()?),
                _ => bail!(
                    "{name:?} is none of requests, bytes, in-flight-bytes and in-flight-requests"
                ),
            };
        }
        Ok(Self(limits))
    }
}

impl FromStr for OfTenant {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (tenant, limits) = text.split_once(':').context("write it as team-a:requests=200")?;
        Ok(Self(tenant.parse()?, limits.parse::<Limits>()?.0))
    }
}

impl TenantLimitArgs {
    pub(crate) fn options(&self) -> LimitOptions {
        let mut options = LimitOptions::default();
        if let Some(Limits(limits)) = &self.limits {
            options = options.with_each_tenant(limits.clone());
        }
        for OfTenant(tenant, limits) in &self.tenant_limits {
            options = options.with_tenant(tenant.clone(), limits.clone());
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_names() {
        let team: OfTenant = "team-a:requests=2,bytes=1000,in-flight-requests=3".parse().unwrap();
        let expected = TenantLimits::default()
            .with_requests_per_second(2)
            .with_bytes_per_second(1_000)
            .with_in_flight_requests_max(3);
        assert_eq!(team, OfTenant(Tenant::new("team-a").unwrap(), expected));
        for wrong in ["", "requests", "requests=", "requests=-1", "requests=0", "speed=1"] {
            assert!(wrong.parse::<Limits>().is_err(), "{wrong:?}");
        }
        for wrong in ["requests=1", ":requests=1", "team a:requests=1", "team-a:"] {
            assert!(wrong.parse::<OfTenant>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_said_of_a_tenant_counts_for_it() {
        let args = TenantLimitArgs {
            limits: Some("requests=7".parse().unwrap()),
            tenant_limits: vec!["team-a:bytes=9".parse().unwrap()],
        };
        let options = args.options();
        assert_eq!(options.each_tenant.requests_per_second, Some(7));
        let team = &options.tenants[&Tenant::new("team-a").unwrap()];
        assert_eq!((team.requests_per_second, team.bytes_per_second), (None, Some(9)));
    }
}
