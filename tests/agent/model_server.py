"""A model server for tests: chat completions over loopback, with scripted replies and faults.

It holds requests to what strict servers ask: a JSON schema with every string,
list and number bounded. Its own scripted replies must fit the schema it got.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

Json = dict[str, Any]
PROMPT_TOKENS, COMPLETION_TOKENS = 3000, 150
REPLIES: dict[str, Json] = json.loads(
    (Path(__file__).parent / "model_replies.json").read_text(encoding="utf-8")
)
"""Prompts, word for word, with the reply a good model gives."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. ``hang`` waits until the server stops."""

    status: int = 200
    body: Json | str = ""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drip: bool = False
    """Writes the stream without ever ending it."""


def error(status: int, message: str, param: str | None = None, **headers: str) -> Answer:
    """An error in the protocol's shape."""
    body = {"error": {"message": message, "type": "error", "param": param, "code": None}}
    return Answer(status, body, {key.replace("_", "-"): value for key, value in headers.items()})


def completion(
    content: str | None,
    *,
    finish_reason: str = "stop",
    refusal: str | None = None,
    tool_arguments: str | None = None,
    usage: Json | None = None,
) -> Answer:
    """A chat completion with its usage, or with another one that the server claims."""
    message: Json = {"role": "assistant", "content": content, "refusal": refusal}
    if tool_arguments is not None:
        function = {"name": "reply", "arguments": tool_arguments}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    choice = {"index": 0, "finish_reason": finish_reason, "message": message, "logprobs": None}
    counted = {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": COMPLETION_TOKENS,
        "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
    }
    return Answer(
        body={
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": "scripted",
            "choices": [choice],
            "usage": counted if usage is None else usage,
        }
    )


UNAUTHORIZED = error(401, "Incorrect API key provided: sk-secret-part")
FORBIDDEN = error(403, "This key may not use the model")
NO_MODEL = error(404, "The model does not exist")
RATE_LIMITED = error(429, "Slow down", retry_after_ms="5")
BROKEN = error(500, "Out of memory", retry_after_ms="5")
OVERLOADED = error(503, "Loading model", retry_after_ms="5")
TOO_LONG = error(400, "The request exceeds the context size")
HANG = Answer(hang=True)
ENDLESS = Answer(drip=True)
TRUNCATED = completion('{"not_understood": [], "plan": {"kind": "eli', finish_reason="length")
REFUSED = completion(None, refusal="I cannot help with that.")
FILTERED = completion("", finish_reason="content_filter")
MALFORMED = completion('{"plan": {"kind": "eligibility_rule", ')
WRONG_TYPES = completion(json.dumps({"plan": {"kind": "count_question", "condition": "everyone"}}))
EMPTY = completion("")
NO_CHOICES = Answer(body={"id": "x", "object": "chat.completion", "choices": None})
HTML = Answer(body="<html>It works!</html>", headers={"content-type": "text/html"})
BROKEN_JSON = Answer(body='{"choices": [', headers={"content-type": "application/json"})
REDIRECT = Answer(302, "", {"location": "http://127.0.0.1:9/v1/chat/completions"})


class ModelServer:
    """What the server got and what it will answer. ``once`` goes before ``always``."""

    def __init__(self) -> None:
        self.requests: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.once: deque[Answer] = deque()
        self.always: Answer | None = None
        self.replies: dict[str, Json] = dict(REPLIES)
        self.formats: tuple[str, ...] = ("json_schema", "json_object", "tool", "text")
        """What it speaks; the others are rejected as a bad request."""
        self.unknown_options: tuple[str, ...] = ()
        self.streams = True
        """Whether it writes an answer piece by piece when it is asked to."""
        self.unbounded: list[str] = []
        """Flaws of the schemas it was sent."""
        self.stopping = threading.Event()
        self.port = 0

    @property
    def base_url(self) -> str:
        """Where a client finds it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def reply(self, prompt: str, reply: Json) -> None:
        """Answer this prompt with this reply."""
        self.replies[prompt] = reply

    def answer(self, request: Json, headers: dict[str, str]) -> Answer:
        """The answer to one request."""
        self.requests.append(request)
        self.headers.append(headers)
        if self.once:
            return self.once.popleft()
        if self.always:
            return self.always
        for option in self.unknown_options:
            if option in request:
                return error(400, f"Unsupported parameter: {option}", option)
        return self._scripted(request)

    def _scripted(self, request: Json) -> Answer:
        asked = format_of(request)
        if asked not in self.formats:
            return error(400, f"{asked} is not supported", "response_format")
        reply = self.replies.get(prompt_of(request))
        if reply is None:
            return error(400, "This prompt has no scripted reply")
        text = json.dumps(reply)
        if asked == "tool":
            return completion(None, finish_reason="tool_calls", tool_arguments=text)
        if asked in ("json_object", "text"):
            return completion(f"```json\n{text}\n```")
        schema = request["response_format"]["json_schema"]["schema"]
        self.unbounded += flaws(schema)
        return completion(text)


def format_of(request: Json) -> str:
    """Which part of the protocol a request uses."""
    if "tools" in request:
        return "tool"
    return str(request.get("response_format", {}).get("type", "text"))


def prompt_of(request: Json) -> str:
    """The person's words in a request."""
    text = "\n".join(m["content"] for m in request["messages"] if m["role"] == "user")
    found = re.search(r"<<<\n(.*?)\n>>>", text, re.DOTALL)
    return found[1] if found else text


def flaws(schema: Json) -> list[str]:
    """Where a schema is not strict or not bounded; empty when a server can enforce all of it."""
    found = [] if schema.get("type") == "object" else ["the root is no object"]
    found += [flaw for node in _nodes(schema) for flaw in _flaws_of(node)]
    return found


def _nodes(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        yield node
        named = [*node.get("properties", {}).values(), *node.get("$defs", {}).values()]
        for child in [*named, *node.get("anyOf", []), node.get("items")]:
            yield from _nodes(child)


KNOWN_KEYS = set(
    "type properties required additionalProperties $defs $ref anyOf enum items".split()
)
BOUNDED = re.compile(r"\{\d+(,\d+)?\}\$$")
BOUNDS: dict[str, Callable[[Json], bool]] = {
    "string": lambda n: bool(n.get("enum") or BOUNDED.search(n.get("pattern", ""))),
    "array": lambda n: "maxItems" in n and "items" in n,
    "integer": lambda n: "minimum" in n and "maximum" in n,
    "object": lambda n: (
        n.get("additionalProperties") is False and n.get("required") == [*n.get("properties", ())]
    ),
    "boolean": lambda n: True,
    "null": lambda n: True,
}


def _flaws_of(node: Json) -> Iterator[str]:
    bounds = {"pattern", "minItems", "maxItems", "minimum", "maximum"}
    if unknown := {*node} - KNOWN_KEYS - bounds:
        yield f"keys that strict mode does not know: {sorted(unknown)}"
    if "$ref" in node or "anyOf" in node:
        return
    if not BOUNDS.get(node.get("type", ""), lambda n: False)(node):
        yield f"not bounded: {json.dumps(node)[:120]}"


def fits(value: Any, schema: Json, root: Json | None = None) -> bool:
    """Whether a value conforms to a strict schema, as a server that enforces it would see to."""
    root = root or schema
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return any(fits(value, option, root) for option in schema["anyOf"])
    kind = schema["type"]
    if kind == "object":
        return (
            isinstance(value, dict)
            and {*value} == {*schema["properties"]}
            and all(fits(value[key], one, root) for key, one in schema["properties"].items())
        )
    if kind == "array":
        bounded = isinstance(value, list) and (
            schema.get("minItems", 0) <= len(value) <= schema["maxItems"]
        )
        return bounded and all(fits(one, schema["items"], root) for one in value)
    if kind == "string":
        listed = "enum" not in schema or value in schema["enum"]
        return (
            isinstance(value, str) and listed and bool(re.search(schema.get("pattern", ""), value))
        )
    if kind == "integer":
        counted = isinstance(value, int) and not isinstance(value, bool)
        return counted and schema["minimum"] <= value <= schema["maximum"]
    return isinstance(value, bool) if kind == "boolean" else value is None


def pieces(body: Json) -> Iterator[Json]:
    """A chat completion as the chunks of a stream: a role, texts, an end, and the usage."""
    choice = body["choices"][0]
    message, frame = choice["message"], {**body, "object": "chat.completion.chunk"}
    frame.pop("usage", None)

    def chunk(delta: Json, finish: str | None = None) -> Json:
        return {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": None, "refusal": message.get("refusal")})
    text = message.get("content") or ""
    for start in range(0, len(text), 40):
        yield chunk({"content": text[start : start + 40]})
    for call in message.get("tool_calls") or ():
        arguments = call["function"]["arguments"]
        for start in range(0, len(arguments), 40):
            function = {"arguments": arguments[start : start + 40]}
            yield chunk({"tool_calls": [{"index": 0, "function": function}]})
    yield chunk({}, choice["finish_reason"])
    yield {**frame, "choices": [], "usage": body.get("usage")}


def is_completion(answer: Answer) -> bool:
    """Whether an answer is a whole chat completion, which alone can be streamed."""
    return isinstance(answer.body, dict) and bool(answer.body.get("choices"))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        request = json.loads(self.rfile.read(length))
        server = cast("_Listening", self.server).model
        answer = server.answer(request, {k.lower(): v for k, v in self.headers.items()})
        if answer.hang:
            server.stopping.wait(20)
            self.close_connection = True
            return
        if answer.drip:
            self._drip(server.stopping)
            return
        if request.get("stream") and server.streams and is_completion(answer):
            self._stream(cast(Json, answer.body))
            return
        self._write(answer)

    def _stream(self, body: Json) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for piece in pieces(body):
            self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _drip(self, stopping: threading.Event) -> None:
        """One space after the other, which keeps every reader waiting."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        piece = {"choices": [{"index": 0, "delta": {"content": " "}, "finish_reason": None}]}
        try:
            while not stopping.wait(0.02):
                self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
        except OSError:
            return

    def _write(self, answer: Answer) -> None:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        headers = {"content-type": "application/json"} | answer.headers
        self.send_response(answer.status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read ``ModelServer.requests`` instead."""


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    model: ModelServer


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A running server on a free loopback port."""
    model = ModelServer()
    listening = _Listening(("127.0.0.1", 0), _Handler)
    listening.model = model
    model.port = listening.server_address[1]
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield model
    finally:
        model.stopping.set()
        listening.shutdown()
        listening.server_close()
        thread.join()
