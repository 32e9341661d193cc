"""What a service needs before its first migration: three roles, and a database the owner owns."""

ROLES = ("owner", "app", "system")


def role_of(service: str, role: str) -> str:
    return f"crm_{service}_{role}"


def database_of(service: str) -> str:
    return f"crm_{service}"


def create_role(name: str) -> str:
    """None is a superuser, and none passes row security by."""
    return f'CREATE ROLE "{name}" LOGIN NOSUPERUSER NOBYPASSRLS'


def create_database(name: str, owner: str) -> str:
    return f'CREATE DATABASE "{name}" OWNER "{owner}"'


def admit(service: str) -> list[str]:
    """Nobody else may connect: PostgreSQL lets everybody in by default. The worker folds in
    temporary tables; a dump of a database has nothing of who may make them there."""
    database = database_of(service)
    names = [role_of(service, role) for role in ROLES]
    return [
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        *(f'GRANT CONNECT ON DATABASE "{database}" TO "{name}"' for name in names),
        f'GRANT TEMPORARY ON DATABASE "{database}" TO "{role_of(service, "system")}"',
    ]


def script(services: list[str]) -> str:
    """The same for psql, as a superuser; passwords come from the environment, by kind of role."""
    lines = ["\\set ON_ERROR_STOP on"]
    lines += [f"\\getenv {role}_password CRM_{role.upper()}_PASSWORD" for role in ROLES]
    for service in services:
        database = database_of(service)
        for role in ROLES:
            name = role_of(service, role)
            wanted = f"SELECT FROM pg_roles WHERE rolname = '{name}'"
            lines.append(f"SELECT '{create_role(name)}' WHERE NOT EXISTS ({wanted}) \\gexec")
            lines.append(f"ALTER ROLE \"{name}\" PASSWORD :'{role}_password';")
        create = create_database(database, role_of(service, "owner"))
        wanted = f"SELECT FROM pg_database WHERE datname = '{database}'"
        lines.append(f"SELECT '{create}' WHERE NOT EXISTS ({wanted}) \\gexec")
        lines += [f"{statement};" for statement in admit(service)]
    return "\n".join(lines) + "\n"
