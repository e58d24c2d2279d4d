"""The phones page's words, Chinese first, English complete."""

WORDS: dict[str, tuple[str, str]] = {
    "title": ("模拟手机", "Simulated phones"),
    "banner": ("演示：短信不出本机", "Demo: no SMS leaves this computer"),
    "other_language": ("English", "中文"),
    "scene": ("现场", "On the scene"),
    "phones": ("手机", "Phones"),
    "none_yet": ("还没有短信。来了会显示在这里。", "No messages yet. They will appear here."),
    "empty": ("还没有短信", "No messages yet"),
    "auto": ("自动回复：{seconds} 秒后回 {text}", "Answers by itself: {text} after {seconds} s"),
    "waits": ("等你来回", "Waits for you"),
    "answered": ("已回", "Answered"),
    "by_hand": ("由你来回", "You answer"),
    "opted_out": ("已退订", "Opted out"),
    "no_receipts": ("不回送达状态", "No receipts"),
    "unreachable": ("收不到短信", "Receives nothing"),
    "quick": ("快捷回复", "Quick replies"),
    "text": ("回短信…", "Write a text…"),
    "send": ("发送", "Send"),
    "unknown": ("不在名册的号码", "Number not in the register"),
    "others": ("其他手机（还没有短信）", "Other phones (no messages yet)"),
    "done": ("已做", "Done"),
    "not_done": ("没做成", "Did not work"),
    "no_answer": ("没有应答", "no answer"),
    "lost": ("连不上模拟器，正在重试", "The simulator does not answer, trying again"),
    "not_taken": ("服务没收到", "the service did not take it"),
    "accepted": ("发送中", "sending"),
    "queued": ("发送中", "sending"),
    "sent": ("已发出", "sent"),
    "delivered": ("已送达", "delivered"),
    "undelivered": ("未送达", "not delivered"),
    "failed": ("发送失败", "failed"),
    "received": ("已回", "sent"),
    "watcher": ("邻里守望员", "Watcher"),
    "grid_member": ("网格员", "Grid member"),
    "village_head": ("村干部", "Village head"),
    "town_officer": ("镇值班", "Town officer"),
}


def words(lang: str) -> dict[str, str]:
    """All words in one language: `en`, or Chinese for anything else."""
    place = 1 if lang == "en" else 0
    return {name: both[place] for name, both in WORDS.items()}
