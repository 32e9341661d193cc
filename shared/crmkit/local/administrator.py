"""Who runs the stack on a machine of one's own."""

from crmkit.kernel import ids

DEMO_TENANT = ids.named("demo tenant")
DEMO_MEMBER = ids.named("demo administrator")
ADMIN_SCOPES = ("history:write",)
