"""The demo: a throw-away desk of invented referrals whose clock the presenter holds (`refterm demo`)."""
