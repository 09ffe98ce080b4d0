// The script with which the lab tests its system, as it stands there: Python with requests where there is one, else its bytes by curl.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { inOrder, resultsIn, turn, use } from "../support/messages-api/script.ts";
import { type GatewayDesk, openGatewayDesk, services, texts } from "./desk.ts";

const run = promisify(execFile);

/** Step 6 of the lab; only the address is put in, since the test's desk has a port of its own. */
const scriptFor = (url: string) => `import requests
import json

API_KEY = "your_claude_api_key"
MCP_URL = "${url}/v1/messages"

headers = {
    "x-api-key": API_KEY,
    "Content-Type": "application/json"
}

# First, get the ticket details and analysis
conversation = {
    "model": "claude-3-opus-20240229",
    "messages": [
        {"role": "user", "content": "Can you help me handle customer support ticket TKT-1001? Analyze it and draft a response."}
    ],
    "tools": [
        {
            "name": "support",
            "description": "Manages customer support tickets, including retrieving ticket details, analyzing sentiment, responding to tickets, and updating status"
        }
    ]
}

response = requests.post(MCP_URL, headers=headers, json=conversation)
result = response.json()
print(json.dumps(result, indent=2))
`;

/** The same request as curl sends it. */
const BODY = {
  model: "claude-3-opus-20240229",
  messages: [
    {
      role: "user",
      content: "Can you help me handle customer support ticket TKT-1001? Analyze it and draft a response.",
    },
  ],
  tools: [
    {
      name: "support",
      description:
        "Manages customer support tickets, including retrieving ticket details, analyzing sentiment, responding to tickets, and updating status",
    },
  ],
};

const ANSWER =
  "Hello Maria, I am sorry that your card was charged twice. I have asked billing to check the second payment of 29 EUR, and we will write to you when they have.";

/** A model that reads the ticket, answers it, and says so. */
const handles = () =>
  inOrder(
    turn("I read the ticket first.", use("handle_ticket", { ticket_id: "TKT-1001" })),
    (request) => {
      const [{ text = "" } = {}] = resultsIn(request);
      expect(JSON.parse(text)).toMatchObject({ analysis: { sentiment: "negative", category: "billing" } });
      return turn(
        use("respond_to_ticket", {
          ...{ ticket_id: "TKT-1001", response: ANSWER, update_status: "in_progress", add_customer_note: true },
        }),
      );
    },
    turn("Maria was charged twice. I answered her, and billing has to check the payment."),
  );

async function isHandled(desk: GatewayDesk, printed: string): Promise<void> {
  const answer = JSON.parse(printed);
  expect(answer).toMatchObject({
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    stop_reason: "end_turn",
  });
  expect(texts(answer)).toEqual([
    "I read the ticket first.",
    "Maria was charged twice. I answered her, and billing has to check the payment.",
  ]);
  expect(await desk.conversation("TKT-1001")).toEqual([ANSWER]);
  const { ticket } = await services(desk.transport).tickets.getTicket({ ticketId: "TKT-1001" });
  expect(ticket?.status).toBe(TicketStatus.IN_PROGRESS);
  expect(desk.model.refused).toEqual([]);
}

test("the lab's own script gets a handled TKT-1001", async ({ skip }) => {
  const python = await run("python3", ["-c", "import requests"]).catch(() => undefined);
  if (!python) skip("python3 with requests is not installed; the same bytes go by curl below");
  await using desk = await openGatewayDesk(handles());
  const folder = await mkdtemp(join(tmpdir(), "deskwire-lab-"));
  const file = join(folder, "test.py");
  await writeFile(file, scriptFor(desk.url));
  const { stdout } = await run("python3", [file]);
  await rm(folder, { recursive: true });
  await isHandled(desk, stdout);
});

test("so does the same request by curl", async () => {
  await using desk = await openGatewayDesk(handles());
  const headers = ["x-api-key: your_claude_api_key", "Content-Type: application/json"].flatMap((header) => [
    "-H",
    header,
  ]);
  const args = ["--silent", "--show-error", ...headers, "--data", JSON.stringify(BODY), `${desk.url}/v1/messages`];
  const { stdout } = await run("curl", args);
  await isHandled(desk, stdout);
});
