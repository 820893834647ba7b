"""An alarm shows what it was made with: a formula's metrics, and no statistic where there is a percentile.

AWS, PutMetricAlarm and MetricAlarm (CloudWatch API reference): an alarm on metric math has `Metrics` and neither
`MetricName` nor `Statistic`; `EvaluateLowSampleCountPercentile` and an `ExtendedStatistic` are said again. MiniStack
forgets them. Formulas are not evaluated here: SetAlarmState says how such an alarm stands.
"""

from __future__ import annotations

from typing import Any

from ministack.services import cloudwatch

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

_SHOWN = ("Metrics", "EvaluateLowSampleCountPercentile")
_OF_ONE_METRIC = (
    "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit", "OKActions",
    "AlarmActions", "InsufficientDataActions",
)  # fmt: skip


def install(settings: Settings) -> None:
    """Complete the alarm that PutMetricAlarm keeps."""
    put = cloudwatch._put_metric_alarm

    def put_metric_alarm(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        answer = put(params, data, is_cbor, is_json)
        if answer[0] == 200 and (is_cbor or is_json):
            alarm = cloudwatch._alarms[data["AlarmName"]]
            alarm |= {name: data[name] for name in _SHOWN if name in data}
            for name in _OF_ONE_METRIC:
                if name not in data:
                    alarm.pop(name, None)
        return answer

    replace(cloudwatch, "_put_metric_alarm", put_metric_alarm)


CORRECTION = Correction(
    rule="An alarm shows the metrics of its formula, and no statistic where it has a percentile.",
    fault="The metrics of an alarm's formula are forgotten, and it shows a statistic.",
    ministack="1.5.33",
    install=install,
)
