"""How a document of figures becomes a page, CSV or a workbook. No room: it owns nothing."""
