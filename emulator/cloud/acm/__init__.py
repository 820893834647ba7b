"""AWS Certificate Manager: certificates that are issued when the DNS says so."""
