"""导入导出 imports and exports: jobs whose rows are written together with how far they are."""
