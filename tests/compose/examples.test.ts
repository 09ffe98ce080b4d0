// The examples for operators: the alerts ask for metrics that there are, and the Kubernetes objects are of their schemas.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DeskProcess, isInstalled, ROOT, run } from "../support/processes.ts";

const read = (path: string) => readFile(new URL(path, ROOT), "utf8");

test("every metric that an alert asks for is told by a running desk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-alerts-"));
  try {
    await using desk = await DeskProcess.start(["--no-demo"], { DATA_DIR: folder });
    const told = await (await fetch(`${desk.url}/metrics`)).text();
    const families = new Set([...told.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
    const asked = (await read("docs/prometheus-alerts.yaml")).match(/\b(deskwire|nodejs)_\w+/g) ?? [];
    expect(asked.length).toBeGreaterThan(5);
    const missing = asked.filter((name) => !families.has(name.replace(/_bucket$/, "")));
    expect(missing).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("docs/operations.md says of every alert what to do", async () => {
  const alerts = [...(await read("docs/prometheus-alerts.yaml")).matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  const explained = [...(await read("docs/operations.md")).matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(explained.sort()).toEqual(alerts.sort());
});

test("the Kubernetes example is of the schemas", async (context) => {
  if (!(await isInstalled("kubernetes-validate"))) return context.skip("kubernetes-validate (PyPI) is not installed");
  await run("kubernetes-validate", ["--strict", "--quiet", "docs/kubernetes/deskwire.yaml"], { cwd: ROOT });
});
