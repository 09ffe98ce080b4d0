// What a hop between processes costs, against HTTP/2 and HTTP/1.1 with nothing on top.
import type { Group } from "../lib/group.ts";
import { bareHttp, bareHttp2 } from "../variants/bare.ts";
import { noOpServer, TEXT } from "../variants/no-op.ts";

const BODY = JSON.stringify({ text: TEXT });

/** One call from process to process, with and without what the desk puts around it. */
export const hop: Group = {
  questions: [
    {
      name: "One hop: a call that does nothing",
      baseline: "bare http2",
      callers: [32],
      // In the second three seconds it still gets a third quicker.
      warmUp: 2,
      goals: [{ variant: "gRPC", callers: 32, what: "calls", ratio: 0.6 }],
    },
  ],
  async open({ resources }) {
    const server = await noOpServer(resources);
    return [
      [
        await bareHttp2(resources, "bare http2", Buffer.from(BODY)),
        await bareHttp(resources, "bare http", BODY),
        await server.grpc("gRPC"),
        server.connectJson("Connect JSON"),
      ],
    ];
  },
};
