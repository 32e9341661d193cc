"""What every service of Dealstream shares: kernel, storage, events, edge and the local stand."""
