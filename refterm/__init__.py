"""refterm: the keyboard desk for business referrals."""

__version__ = "0.1.0"
