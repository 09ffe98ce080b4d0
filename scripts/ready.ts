// Succeeds while the process at a port of this machine is ready: the health check of a container.
const [port = "8080"] = process.argv.slice(2);

const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch((error: Error) => error);
if (answer instanceof Error || !answer.ok) {
  console.error(answer instanceof Error ? String(answer.cause ?? answer) : await answer.text());
  process.exitCode = 1;
}
