"""The two pages a person sees who follows the opt-out link."""

_STYLE = (
    "<meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<style>body{font:18px/1.6 system-ui,sans-serif;max-width:32rem;margin:18vh auto;padding:0 1.5rem;"
    "color:#1c2430;background:#fbfaf7}button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.5rem;"
    "background:#1f4d3f;color:#fff;cursor:pointer}@media(prefers-color-scheme:dark){body{color:#e8e6e0;"
    "background:#14181d}button{background:#7cc5a8;color:#10231c}}</style>"
)

CONFIRM = (
    f"<!doctype html><html lang=en><title>Stop these mails?</title>{_STYLE}"
    "<h1>Stop these mails?</h1><p>One click, and we will not write to you again.</p>"
    "<form method=post><button>Stop writing to me</button></form></html>"
)

DONE = (
    f"<!doctype html><html lang=en><title>Done</title>{_STYLE}"
    "<h1>Done.</h1><p>We will not write to you again. Nothing else is needed from you.</p></html>"
)
