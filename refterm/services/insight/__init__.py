"""What past referrals teach: figures, findings, similar deals."""
