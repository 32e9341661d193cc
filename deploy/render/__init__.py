"""Files of `deploy/` that follow from the services; `python -m deploy.render` writes them.

They are committed, so that nobody needs Python to run them, and a test holds them current.
"""

from pathlib import Path

from crmkit.migrations import provisioning
from crmkit.service import services
from deploy.render import dashboards, edge, kubernetes

FOLDER = Path(__file__).resolve().parents[1]


def rendered() -> dict[str, str]:
    """Path below `deploy/` -> text."""
    all_of_them = services()
    names = [service.name for service in all_of_them]
    routes = edge.render(all_of_them)
    return {
        "edge/nginx.conf": routes,
        "postgres/provision.sql": provisioning.script(names),
        **{f"grafana/dashboards/{name}": text for name, text in dashboards.render().items()},
        **{f"kubernetes/{name}": text for name, text in kubernetes.render(names, routes).items()},
    }
