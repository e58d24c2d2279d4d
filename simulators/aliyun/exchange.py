"""What Aliyun keeps and does: SMS by template, calls with keys, and reports pushed as arrays until they are taken."""

import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from threading import Condition, Thread
from typing import Any
from urllib.parse import urlsplit

CHINA = timedelta(hours=8)
MOBILE = re.compile(r"1\d{10}")
VARIABLE = re.compile(r"\$\{(\w+)\}")
PUSHES = 10
PAUSE_S = 0.05  # a minute of Aliyun's


class Refused(Exception):
    """Answered with HTTP 200 and a code of Aliyun's in the body."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Sms:
    """A message: `status` 1 waiting, 2 failed, 3 received."""

    biz_id: str
    out_id: str
    number: str
    code: str
    text: str
    at: datetime
    status: int = 1
    err_code: str = ""


@dataclass
class Call:
    """A call: `said` is what was read out; `state` Aliyun's code once it has ended."""

    call_id: str
    out_id: str
    number: str
    said: str
    menu: Mapping[str, str]
    at: datetime
    times: int = 1
    state: str = ""
    pressed: str = ""
    after_key: str = ""


@dataclass
class Habit:
    """How a phone is: `sms` is a failure's code or empty; `call` the state a call ends in; `keys` are pressed."""

    sms: str = ""
    call: str = "200000"
    keys: str = ""
    silent: bool = False
    """No report is ever pushed."""


@dataclass
class Exchange:
    """`templates`: code -> text with ${variables}. `hooks`: sms-report, sms-up, voice-report -> where to push."""

    sign_name: str
    templates: dict[str, str]
    hooks: dict[str, str] = field(default_factory=dict)
    a_day: int = 50
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sms: list[Sms] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    habits: dict[str, Habit] = field(default_factory=dict)
    pushed: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Work is done by one thread, in order."""
        self._ids = itertools.count(1)
        self._waiting: list[tuple[float, Callable[[], None]]] = []
        self.changed = Condition()
        self._closed = False
        self._thread = Thread(target=self._run, name="simulated-aliyun-push", daemon=True)

    def open(self) -> None:
        """Begins to push."""
        self._thread.start()

    def close(self) -> None:
        """Stops at once."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()
        self._thread.join(5)

    def sequence(self) -> int:
        """The number of an answer that came in."""
        return 9_000_000_000 + next(self._ids)

    def send_sms(self, query: Mapping[str, str]) -> dict[str, str]:
        """SendSms."""
        number = _mobile(query.get("PhoneNumbers", ""))
        if query.get("SignName") != self.sign_name:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL")
        text = self._text(query.get("TemplateCode", ""), query.get("TemplateParam", "{}"), "isv.SMS_TEMPLATE_ILLEGAL")
        if sum(one.number == number for one in self.sms) >= self.a_day:
            raise Refused("isv.BUSINESS_LIMIT_CONTROL")
        sms = Sms(
            f"{next(self._ids):017d}^0", query.get("OutId", ""), number, query["TemplateCode"],
            f"【{self.sign_name}】{text}", self.clock(),
        )  # fmt: skip
        habit = self.habits.get(number, Habit())
        with self.changed:
            self.sms.append(sms)
            self.changed.notify_all()
        self.later(0.02, lambda: self._arrive(sms, habit))
        return {"BizId": sms.biz_id}

    def _arrive(self, sms: Sms, habit: Habit) -> None:
        with self.changed:
            sms.status, sms.err_code = (2, habit.sms) if habit.sms else (3, "DELIVERED")
            self.changed.notify_all()
        if not habit.silent:
            self.push("sms-report", [self.report_of(sms)])

    def report_of(self, sms: Sms) -> dict[str, Any]:
        """One item of SmsReport."""
        at = _stamp(self.clock())
        return {
            "phone_number": sms.number, "send_time": _stamp(sms.at), "report_time": at, "success": sms.status == 3,
            "err_code": sms.err_code, "err_msg": "", "sms_size": "1", "biz_id": sms.biz_id, "out_id": sms.out_id,
        }  # fmt: skip

    def details(self, query: Mapping[str, str]) -> dict[str, Any]:
        """QuerySendDetails: of one number on one day in China."""
        number, day = _mobile(query.get("PhoneNumber", "")), query.get("SendDate", "")
        wanted = query.get("BizId", "")
        found = [
            one for one in reversed(self.sms)
            if one.number == number and (one.at + CHINA).strftime("%Y%m%d") == day and wanted in {"", one.biz_id}
        ]  # fmt: skip
        items = [
            {
                "PhoneNum": one.number, "SendStatus": one.status, "ErrCode": one.err_code, "TemplateCode": one.code,
                "Content": one.text, "SendDate": _stamp(one.at), "ReceiveDate": _stamp(one.at), "OutId": one.out_id,
            }
            for one in found[: int(query.get("PageSize", "10"))]
        ]  # fmt: skip
        return {"TotalCount": str(len(found)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": items}}

    def call(self, action: str, query: Mapping[str, str]) -> dict[str, str]:
        """IvrCall and SingleCallByTts."""
        number = _mobile(query.get("CalledNumber", ""))
        ivr = action == "IvrCall"
        code, said = ("StartCode", "StartTtsParams") if ivr else ("TtsCode", "TtsParam")
        text = self._text(query.get(code, ""), query.get(said, "{}"), "isv.TTS_TEMPLATE_ILLEGAL")
        menu: dict[str, str] = {}
        for place in range(1, 13):
            key = query.get(f"MenuKeyMap.{place}.Key")
            if key is not None:
                params = query.get(f"MenuKeyMap.{place}.TtsParams", "{}")
                menu[key] = self._text(query[f"MenuKeyMap.{place}.Code"], params, "isv.TTS_TEMPLATE_ILLEGAL")
        call = Call(
            f"{next(self._ids):012d}^{10**11}", query.get("OutId", ""), number, text, menu, self.clock(),
            int(query.get("PlayTimes", "1")),
        )  # fmt: skip
        habit = self.habits.get(number, Habit())
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()
        self.later(0.02, lambda: self._ring(call, habit, hears_keys=ivr))
        return {"CallId": call.call_id}

    def _ring(self, call: Call, habit: Habit, *, hears_keys: bool) -> None:
        answered = habit.call in {"200000", "200001"}
        keys = habit.keys if answered and hears_keys else ""
        for key in keys:
            call.pressed += key
            call.after_key = call.menu.get(key, call.after_key)
            if not habit.silent:
                item = {"call_id": call.call_id, "status_code": "300000", "dtmf": key, "out_id": call.out_id}
                self.push("voice-report", [{**item, "status_time": _stamp(self.clock())}])
        with self.changed:
            call.state = habit.call
            self.changed.notify_all()
        if not habit.silent:
            self.push("voice-report", [self.report_of_call(call)])

    def report_of_call(self, call: Call) -> dict[str, Any]:
        """One item of VoiceReport."""
        at = _stamp(call.at)
        return {
            "call_id": call.call_id, "originate_time": at, "ring_time": at, "start_time": at, "end_time": at,
            "caller": "057100000000", "callee": call.number, "duration": "10", "status_code": call.state,
            "hangup_direction": "用户", "status_msg": "", "out_id": call.out_id, "dtmf": call.pressed, "voice_type": "voice",
        }  # fmt: skip

    def call_detail(self, query: Mapping[str, str]) -> dict[str, str]:
        """QueryCallDetailByCallId."""
        found = next((one for one in self.calls if one.call_id == query.get("CallId")), None)
        if found is None:
            raise Refused("isv.CALL_ID_NOT_EXIST")
        return {"Data": json.dumps({"state": found.state, "callee": found.number})}

    def push(self, kind: str, items: list[Any], *, left: int = PUSHES) -> None:
        """Posts an array to its hook, again and again until it is answered with 200."""
        url = self.hooks.get(kind)
        if url is None:
            return
        status = _posted(url, items)
        with self.changed:
            self.pushed.append((kind, status))
            self.changed.notify_all()
        if status != 200 and left > 1:
            self.later(PAUSE_S, lambda: self.push(kind, items, left=left - 1))

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Does it after so many seconds."""
        with self.changed:
            self._waiting.append((time.monotonic() + seconds, work))
            self._waiting.sort(key=lambda one: one[0])
            self.changed.notify_all()

    def _run(self) -> None:
        while True:
            with self.changed:
                while not self._closed and (not self._waiting or self._waiting[0][0] > time.monotonic()):
                    self.changed.wait(max(0.0, self._waiting[0][0] - time.monotonic()) if self._waiting else None)
                if self._closed:
                    return
                _, work = self._waiting.pop(0)
            work()

    def _text(self, code: str, params: str, unknown: str) -> str:
        text = self.templates.get(code)
        if text is None:
            raise Refused(unknown)
        try:
            given = json.loads(params)
        except ValueError:
            raise Refused("isv.INVALID_JSON_PARAM") from None
        if set(VARIABLE.findall(text)) - set(given):
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS")
        return VARIABLE.sub(lambda found: str(given[found.group(1)]), text)


def _mobile(number: str) -> str:
    if not MOBILE.fullmatch(number):
        raise Refused("isv.MOBILE_NUMBER_ILLEGAL")
    return number


def _stamp(at: datetime) -> str:
    return (at + CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _posted(url: str, items: list[Any]) -> int:
    """The HTTP status, 0 for nobody there."""
    parts = urlsplit(url)
    if parts.hostname != "127.0.0.1" or parts.scheme != "http":
        raise ValueError("this simulator calls loopback addresses only")
    connection = HTTPConnection(parts.hostname, parts.port or 80, timeout=10)
    try:
        body = json.dumps(items, ensure_ascii=False).encode()
        connection.request("POST", parts.path, body, {"Content-Type": "application/json; charset=utf-8"})
        response = connection.getresponse()
        answer = response.read(4096)
        numbered = response.status != 200 or isinstance(json.loads(answer).get("code"), int)
    except (OSError, HTTPException, ValueError):
        return 0
    finally:
        connection.close()
    return response.status if numbered else 299  # success must be answered with a number in it
