import { expect, it } from "vitest";
import { inNetworks, isNetwork, isPublic } from "./networks.ts";

it.each([
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "127.255.255.254",
  "169.254.169.254",
  "172.31.255.255",
  "192.168.1.1",
  "198.19.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "64:ff9b::7f00:1",
  "100::1",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "fc00::1",
  "fd12:3456::1",
  "fe80::1",
  "fe80::1%eth0",
  "ff02::1",
  "example.com",
  "",
])("%s is not public", (address) => expect(isPublic(address)).toBe(false));

it.each(["1.1.1.1", "8.8.8.8", "172.32.0.1", "192.0.1.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1"])(
  "%s is public",
  (address) => expect(isPublic(address)).toBe(true),
);

it("networks hold their addresses, in both families", () => {
  const inside = inNetworks(["10.0.0.0/8", "fd00::/8", "192.168.1.1"]);
  expect(["10.255.0.1", "fd12::1", "192.168.1.1"].map(inside)).toEqual([true, true, true]);
  expect(["11.0.0.1", "fe80::1", "192.168.1.2", "localhost"].map(inside)).toEqual([false, false, false, false]);
});

it("knows a network by its form", () => {
  expect(["10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0"].filter(isNetwork)).toHaveLength(4);
  expect(["10.0.0.0/33", "localhost", "10.0.0.0/8/9", "10.0.0.0/x", "10.0.0.0/", ""].filter(isNetwork)).toEqual([]);
});
