//! The rules by which factors are added to a person's and taken away.

use tanuki_store::query::auth::factors::SecondFactors;

/// A kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Factor {
    Totp,
    EmailOtp,
    Fido,
}

impl Factor {
    /// The name in the column of the preferred factor.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::EmailOtp => "email_otp",
            Self::Fido => "fido",
        }
    }

    /// The factors that are preferred when this one is gone, in that order.
    const fn next(self) -> [Self; 2] {
        match self {
            Self::Totp => [Self::Fido, Self::EmailOtp],
            Self::EmailOtp => [Self::Fido, Self::Totp],
            Self::Fido => [Self::Totp, Self::EmailOtp],
        }
    }

    pub(super) const fn is_in(self, factors: &SecondFactors) -> bool {
        match self {
            Self::Totp => factors.totp_enabled,
            Self::EmailOtp => factors.email_otp_enabled,
            Self::Fido => factors.fido_enabled,
        }
    }
}

/// Whether there is any factor.
pub(in crate::auth) fn has_any(factors: &SecondFactors) -> bool {
    [Factor::Totp, Factor::EmailOtp, Factor::Fido]
        .iter()
        .any(|factor| factor.is_in(factors))
}

/// Whether there is no recovery code that could be used.
pub(super) fn lacks_recovery_codes(factors: &SecondFactors) -> bool {
    factors.recovery_codes.as_ref().is_none_or(Vec::is_empty)
}

/// Enables a factor; the first one is the preferred one.
pub(super) fn add(factors: &mut SecondFactors, factor: Factor) {
    match factor {
        Factor::Totp => factors.totp_enabled = true,
        Factor::EmailOtp => factors.email_otp_enabled = true,
        Factor::Fido => factors.fido_enabled = true,
    }
    let preferred = factors.preferred.take().filter(|name| !name.is_empty());
    factors.preferred = preferred.or_else(|| Some(factor.name().to_owned()));
}

/// Disables a factor. Another becomes the preferred one; without any, the
/// recovery codes are deleted.
pub(super) fn remove(factors: &mut SecondFactors, factor: Factor) {
    match factor {
        Factor::Totp => {
            factors.totp_enabled = false;
            factors.totp_secret = None;
        }
        Factor::EmailOtp => {
            factors.email_otp_enabled = false;
            factors.email_otp_secret = None;
        }
        Factor::Fido => factors.fido_enabled = false,
    }
    if !has_any(factors) {
        factors.preferred = None;
        factors.recovery_codes = None;
    } else if factors.preferred.as_deref() == Some(factor.name()) {
        let mut next = factor.next().into_iter();
        let next = next.find(|other| other.is_in(factors));
        factors.preferred = next.map(|other| other.name().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(factors: &[Factor]) -> SecondFactors {
        let mut all = SecondFactors {
            recovery_codes: Some(vec!["hash".into()]),
            ..SecondFactors::default()
        };
        for factor in factors {
            add(&mut all, *factor);
        }
        all
    }

    #[test]
    fn the_first_factor_is_preferred_until_it_is_removed() {
        use Factor::{EmailOtp, Fido, Totp};
        for (had, expected) in [
            ([Totp, EmailOtp, Fido], "fido"),
            ([EmailOtp, Totp, Fido], "fido"),
            ([Fido, EmailOtp, Totp], "totp"),
        ] {
            let mut factors = with(&had);
            assert_eq!(factors.preferred.as_deref(), Some(had[0].name()));
            remove(&mut factors, had[0]);
            assert_eq!(factors.preferred.as_deref(), Some(expected), "{had:?}");
            assert!(factors.recovery_codes.is_some());
        }
        let mut factors = with(&[Totp, EmailOtp]);
        remove(&mut factors, EmailOtp);
        assert_eq!(factors.preferred.as_deref(), Some("totp"));
    }

    #[test]
    fn recovery_codes_go_with_the_last_factor() {
        let mut factors = with(&[Factor::Totp]);
        factors.totp_secret = Some("secret".into());
        remove(&mut factors, Factor::Totp);
        assert!(factors.recovery_codes.is_none() && factors.preferred.is_none());
        assert!(factors.totp_secret.is_none() && !has_any(&factors));
    }
}
