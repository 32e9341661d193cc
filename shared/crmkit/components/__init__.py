"""Tables and endpoints every service can switch on."""
