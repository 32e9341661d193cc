"""保存的视图 saved views: a list's filters, order and fields under a name, shared or not."""
