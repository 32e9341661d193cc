"""JSON Schemas of what KEDA and Grafana are told, as far as deploy/ uses it: a field that is not
named here is a slip of the pen. By KEDA's reference (2.17) and Grafana's model (version 41)."""

from typing import Any


def _object(needed: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": needed | optional,
        "required": list(needed),
        "additionalProperties": False,
    }


def _each(item: dict[str, Any], least: int = 1) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


_TEXT = {"type": "string", "minLength": 1}
_COUNT = {"type": "integer", "minimum": 0}
_AT_LEAST_ONE = {"type": "integer", "minimum": 1}
_DIGITS = {"type": "string", "pattern": "^[1-9][0-9]*$"}
_NAME = {"type": "string", "pattern": "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"}

_KAFKA = _object(
    {
        "bootstrapServersFromEnv": {"type": "string", "pattern": "^[A-Z_]+$"},
        "consumerGroup": _TEXT,
        "lagThreshold": _DIGITS,
        "offsetResetPolicy": {"enum": ["earliest", "latest"]},
        # Apache Kafka 4 answers nobody who speaks as to one of before 2.1, which is the default
        "version": {"type": "string", "pattern": r"^(2\.[1-9]|[3-9]\.[0-9])[0-9]*\.[0-9]+$"},
    },
    activationLagThreshold=_DIGITS,
)
SCALED_OBJECT = _object(
    {
        "apiVersion": {"const": "keda.sh/v1alpha1"},
        "kind": {"const": "ScaledObject"},
        "metadata": _object({"name": _NAME}),
        "spec": _object(
            {
                "scaleTargetRef": _object({"name": _NAME}),
                "minReplicaCount": _AT_LEAST_ONE,
                "maxReplicaCount": _AT_LEAST_ONE,
                "triggers": _each(_object({"type": {"const": "kafka"}, "metadata": _KAFKA})),
            },
            cooldownPeriod=_COUNT,
            pollingInterval=_COUNT,
        ),
    }
)

_SOURCE = _object({"type": {"const": "prometheus"}, "uid": {"const": "prometheus"}})
_WIDE = 24
_UNITS = ["short", "s", "bytes", "eps", "ops", "reqps"]
_PANEL = _object(
    {
        "id": _AT_LEAST_ONE,
        "title": _TEXT,
        "type": {"const": "timeseries"},
        "datasource": _SOURCE,
        "gridPos": _object(
            {
                "x": {"type": "integer", "minimum": 0, "maximum": _WIDE - 1},
                "y": _COUNT,
                "w": {"type": "integer", "minimum": 1, "maximum": _WIDE},
                "h": _AT_LEAST_ONE,
            }
        ),
        "fieldConfig": _object(
            {
                "defaults": _object({"unit": {"enum": _UNITS}, "min": {"type": "number"}}),
                "overrides": _each({}, 0),
            }
        ),
        "targets": _each(
            _object(
                {
                    "refId": {"type": "string", "pattern": "^[A-Z]$"},
                    "datasource": _SOURCE,
                    "expr": _TEXT,
                    "legendFormat": _TEXT,
                }
            )
        ),
    }
)
_VARIABLE = _object(
    {
        "name": {"type": "string", "pattern": r"^\w+$"},
        "label": _TEXT,
        "type": {"const": "query"},
        "datasource": _SOURCE,
        "query": _object(
            {
                "qryType": {"const": 1},  # label_values of one label
                "query": {"type": "string", "pattern": r"^label_values\(\w+, \w+\)$"},
            }
        ),
        "multi": {"type": "boolean"},
        "includeAll": {"type": "boolean"},
        "allValue": _TEXT,
        "current": _object({"text": _TEXT, "value": _TEXT}),
        "refresh": {"enum": [0, 1, 2]},  # never, on load, when the span changes
    }
)
DASHBOARD = _object(
    {
        "uid": {"type": "string", "pattern": "^[a-z0-9-]{1,40}$"},
        "title": _TEXT,
        "tags": _each(_TEXT),
        "schemaVersion": {"type": "integer", "minimum": 30},
        "editable": {"const": False},
        "refresh": {"type": "string", "pattern": "^[0-9]+[smh]$"},
        "time": _object({"from": {"type": "string", "pattern": "^now-"}, "to": {"const": "now"}}),
        "templating": _object({"list": _each(_VARIABLE, 0)}),
        "panels": _each(_PANEL),
    }
)
