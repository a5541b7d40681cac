"""The client of Partner Center's referrals: sign-in, transport and calls. It knows no screen and no table."""
