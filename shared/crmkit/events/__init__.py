"""The published language: what services tell each other and partners.

All of it is known to every process: a service hears types that none of its modules names.
"""

from importlib import import_module
from pkgutil import iter_modules

for module in iter_modules(__path__, f"{__name__}."):
    import_module(module.name)
