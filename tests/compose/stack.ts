// The stack of docker-compose.yml under a project name of its own, and what a person would do to it.
import { eventually, ROOT, run } from "../support/processes.ts";

const PROJECT = "deskwire-test";
const BUILD_MS = 15 * 60_000;

/** Why no stack can run here; undefined where one can. */
export async function whyNot(): Promise<string | undefined> {
  const engine = await run("docker", ["info", "--format", "{{.ServerVersion}}"]).catch((error) => error as Error);
  if (engine instanceof Error) return "no container engine answers to `docker info`";
  const compose = await run("docker", ["compose", "version"]).catch((error) => error as Error);
  return compose instanceof Error ? "docker has no compose plugin" : undefined;
}

/** Runs `docker compose` for the stack; resolves with what it printed. */
export async function compose(...args: readonly string[]): Promise<string> {
  const options = { cwd: ROOT, timeout: BUILD_MS, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run("docker", ["compose", "-p", PROJECT, ...args], options);
  return stdout.trim();
}

/** The containers of a service. */
export async function containersOf(service: string): Promise<string[]> {
  return (await compose("ps", "-q", service)).split("\n").filter(Boolean);
}

async function inspect(container: string, format: string): Promise<string> {
  return (await run("docker", ["inspect", "-f", format, container])).stdout.trim();
}

/** Ends the process of a container as a crash would: the engine starts it again, which it would not after `docker kill`. */
export async function crash(container: string): Promise<void> {
  process.kill(Number(await inspect(container, "{{.State.Pid}}")), "SIGKILL");
}

/** Whether a container is up and says that it is ready. */
export async function isHealthy(container: string): Promise<boolean> {
  return (await inspect(container, "{{.State.Status}} {{.State.Health.Status}}")) === "running healthy";
}

/** How often the engine has started a container again. */
export async function restartsOf(container: string): Promise<number> {
  return Number(await inspect(container, "{{.RestartCount}}"));
}

/** A secret of the stack. */
export async function secret(name: string): Promise<string> {
  return compose("exec", "-T", "adapter", "cat", `/run/deskwire/${name}`);
}

/** The database as this machine reaches it, past the services. */
export async function databaseUrl(): Promise<string> {
  const [postgres = ""] = await containersOf("postgres");
  const url = new URL(await secret("database-url"));
  url.hostname = await inspect(postgres, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
  return url.href;
}

/** Makes a key in the stack that opens everything, as often as one likes, and waits until it does. */
export async function newKey(): Promise<string> {
  const create = ["scripts/keys.ts", "create", "compose-test", "--scopes", "admin", "--rate", "1000/s"];
  const key = await compose("exec", "-T", "ticket", "node", ...create);
  await eventually(async () => (await askMetrics("ticket", 1, 5002, key)).includes("deskwire_rpc_requests_total"));
  return key;
}

/** Asks a replica, from inside its container, for what it counts of itself. */
const METRICS = `
  fetch("http://127.0.0.1:" + process.argv[1] + "/metrics", { headers: { "x-api-key": process.argv[2] } })
    .then((answer) => answer.text())
    .then(console.log)`;

function askMetrics(service: string, index: number, port: number, key: string): Promise<string> {
  return compose("exec", "-T", "--index", String(index), service, "node", "-e", METRICS, String(port), key);
}

/** Calls that a replica has answered so far, by its own count; `key` is one for `telemetry:read`. */
export async function callsOf(service: string, index: number, port: number, key: string): Promise<number> {
  const counts = (await askMetrics(service, index, port, key)).matchAll(
    /^deskwire_rpc_requests_total\{[^}]*\} (\d+)/gm,
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
