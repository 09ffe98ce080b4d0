// The fixture's catalog on stdin and stdout; started as a process by the tests.
import { serveStdio } from "../../adapter/server/mcp-stdio.ts";
import { events, fixtureCatalog } from "./fixture-catalog.ts";

const emit = events.emit.bind(events);
events.emit = (name, ...rest) => {
  console.log(`event ${String(name)}`);
  return emit(name, ...rest);
};
await serveStdio({ catalog: fixtureCatalog, info: { name: "fixture", version: "1.0.0" } });
