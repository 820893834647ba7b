"""Alarms and dashboards (botocore service ``cloudwatch``)."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.mapping import parameters
from emulator.plugins.aws.property import OMIT, Members, Name, Operation, Property, names


def _whole(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """PutMetricAlarm replaces an alarm: what it does not name is gone."""
    if operation.method == "put_metric_alarm":
        params |= parameters(request.entry, operation, request.flat, request.flat, changing=False)


_METRIC = {
    "metricName": Property("Metric.MetricName"),
    "namespace": Property("Metric.Namespace"),
    "dimensions": Property("Metric.Dimensions", pairs=True),
    "period": Property(),
    "stat": Property(),
    "unit": Property(),
}
_OPTIONAL = Property(unset=OMIT)
METRIC_ALARM = Entry(
    "aws:cloudwatch/metricAlarm:MetricAlarm", "cloudwatch",
    create=Operation("put_metric_alarm"),
    read=Operation("describe_alarms", {"AlarmNames": ["$id"]}), item="MetricAlarms[0]", id="$name",
    update=Operation("put_metric_alarm"),
    delete=Operation("delete_alarms", {"AlarmNames": ["$id"]}),
    arn="AlarmArn",
    properties={
        "name": Property("AlarmName", replace=True),
        "alarmDescription": _OPTIONAL,
        "actionsEnabled": Property(unset=True),
        "alarmActions": _OPTIONAL,
        "okActions": Property("OKActions", unset=OMIT),
        "comparisonOperator": Property(),
        "threshold": _OPTIONAL,
        "evaluationPeriods": Property(),
        "datapointsToAlarm": _OPTIONAL,
        "treatMissingData": Property(unset="missing"),
        "evaluateLowSampleCountPercentiles": Property("EvaluateLowSampleCountPercentile", unset=OMIT),
        "namespace": _OPTIONAL,
        "metricName": _OPTIONAL,
        "dimensions": Property(pairs=True, unset=OMIT),
        "period": _OPTIONAL,
        "statistic": _OPTIONAL,
        "extendedStatistic": _OPTIONAL,
        "unit": _OPTIONAL,
        "metricQueries": Property(
            "Metrics", unset=OMIT,
            block=names("id expression label returnData period", metric=Property("MetricStat", block=_METRIC)),
        ),
    },
    outputs={"arn": "AlarmArn"},
    name=Name(prefix=""),
    hooks=Hooks(prepare=_whole),
    gone=("ResourceNotFound",),
)  # fmt: skip

DASHBOARD = Entry(
    "aws:cloudwatch/dashboard:Dashboard", "cloudwatch",
    create=Operation("put_dashboard"),
    read=Operation("get_dashboard", {"DashboardName": "$id"}), item="@", id="$dashboardName",
    update=Operation("put_dashboard", {"DashboardName": "$id"}),
    delete=Operation("delete_dashboards", {"DashboardNames": ["$id"]}),
    properties={"dashboardName": Property(replace=True), "dashboardBody": Property(json=True)},
    outputs={"dashboardArn": "DashboardArn"},
    gone=("ResourceNotFound", "DashboardNotFoundError"),
    taggable=False,
)  # fmt: skip

ENTRIES = (METRIC_ALARM, DASHBOARD)
