// A transport for tests that never get as far as a call.
import { Code, ConnectError, type Transport } from "@connectrpc/connect";

async function refuse(): Promise<never> {
  throw new ConnectError("no service stands behind this transport", Code.Unimplemented);
}

export const noTransport: Transport = { unary: refuse, stream: refuse };
