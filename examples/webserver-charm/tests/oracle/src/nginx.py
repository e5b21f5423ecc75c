"""nginx on the machine."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess

from charmlibs import apt, pathops, systemd

CONFIG = pathlib.Path("/etc/nginx/conf.d/site.conf")
CHAIN = pathlib.Path("/etc/nginx/site.chain.pem")
KEY = pathlib.Path("/etc/nginx/site.key.pem")
USERS = pathlib.Path("/etc/nginx/site.users")


class Error(Exception):
    """A failed operation on nginx."""


@dataclasses.dataclass
class Issued:
    """A certificate with its key."""

    chain: str
    key: str


@dataclasses.dataclass
class Site:
    """The site to serve."""

    hostname: str
    root: pathlib.Path
    keepalive: int
    chain: str | None
    key: str | None
    password: str


def install():
    """Install it."""
    apt.update()
    apt.add_package(["nginx-light", "prometheus-nginx-exporter"])
    pathlib.Path("/etc/nginx/sites-enabled/default").unlink(missing_ok=True)


def version() -> str:
    """Return its version."""
    package = apt.DebianPackage.from_installed_package("nginx-light")
    return package.version.number.split("-")[0].split("+")[0]


def serve(site: Site):
    """Serve this site."""
    users = f"admin:{{PLAIN}}{site.password}\n"
    changed = pathops.ensure_contents(USERS, users, mode=0o640, group="www-data")
    if site.chain and site.key:
        changed |= pathops.ensure_contents(CHAIN, site.chain)
        changed |= pathops.ensure_contents(KEY, site.key, mode=0o600)
    changed |= pathops.ensure_contents(CONFIG, config(site))
    if not site.chain:
        CHAIN.unlink(missing_ok=True)
        KEY.unlink(missing_ok=True)
    try:
        subprocess.run(["nginx", "-t", "-q"], check=True, capture_output=True, text=True)
        if changed and systemd.service_running("nginx"):
            systemd.service_reload("nginx", restart_on_failure=True)
        systemd.service_resume("nginx")
        # The exporter restarts until nginx serves its page. After five starts, systemd gives up.
        subprocess.run(["systemctl", "reset-failed", "prometheus-nginx-exporter"], check=False, capture_output=True)
        systemd.service_resume("prometheus-nginx-exporter")
    except subprocess.CalledProcessError as error:
        raise Error(error.stderr.strip()) from error
    except systemd.SystemdError as error:
        journal = subprocess.run(["journalctl", "-unginx", "-n5", "-ocat"], check=False, capture_output=True, text=True)
        raise Error(f"{error}: {journal.stdout.strip()}") from error


def is_running() -> bool:
    """Return whether it is running."""
    return systemd.service_running("nginx")


def stop():
    """Stop it."""
    systemd.service_pause("prometheus-nginx-exporter")
    systemd.service_pause("nginx")


def config(site: Site) -> str:
    """Return the configuration of nginx."""
    if site.chain:
        listen = (
            f"server {{ listen 80 default_server; return 301 https://{site.hostname}$request_uri; }}\n"
            "server {\n  listen 443 ssl default_server;\n"
            f"  ssl_certificate {CHAIN};\n  ssl_certificate_key {KEY};\n"
        )
    else:
        listen = "server {\n  listen 80 default_server;\n"
    return (
        f"{listen}  server_name {site.hostname};\n  root {site.root};\n  keepalive_timeout {site.keepalive};\n"
        "  location /admin/ {\n    auth_basic admin;\n"
        f"    auth_basic_user_file {USERS};\n  }}\n}}\n"
        "server { listen 127.0.0.1:8080; location /stub_status { stub_status; } }\n"
    )
