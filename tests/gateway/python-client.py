# The official Python SDK against the gateway, with nothing but the address changed; started by the tests. It asks three times:
# for a message, for a stream, and for what is refused.
import json
import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="a key of the desk", max_retries=0)
request = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 1000,
    "messages": [{"role": "user", "content": "Handle ticket TKT-1001."}],
    "tools": [{"name": "support"}],
}


def shown(message):
    texts = [block.text for block in message.content if block.type == "text"]
    return {"texts": texts, "stop_reason": message.stop_reason, "tokens": message.usage.input_tokens}


message = client.messages.create(**request)
with client.messages.stream(**request) as stream:
    heard = "".join(stream.text_stream)
    streamed = stream.get_final_message()
try:
    client.messages.create(**request)
    refused = None
except anthropic.APIStatusError as error:
    refused = {"status": error.status_code, "name": type(error).__name__, "request_id": error.request_id}
print(json.dumps({"message": shown(message), "streamed": shown(streamed), "heard": heard, "refused": refused}))
