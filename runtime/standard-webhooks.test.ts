import { expect, it } from "vitest";
import { reasonOf } from "./errors.ts";
import { keyOf, newSecret, sign, verify } from "./standard-webhooks.ts";

// The example of the specification's reference implementations.
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const NOW = 1_614_265_330_000;
const BODY = '{"test": 2432232314}';

const refusal = (call: () => unknown) => {
  try {
    return call();
  } catch (error) {
    return reasonOf(error);
  }
};

it("signs as the reference implementations do", () => {
  expect(sign([SECRET], ID, NOW, BODY)).toEqual({
    "webhook-id": ID,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

it("accepts what either of two secrets signed", () => {
  const old = newSecret();
  const headers = { ...sign([old, SECRET], ID, NOW, BODY) };
  for (const secrets of [[old], [SECRET], [newSecret(), SECRET]]) {
    expect(verify(secrets, headers, NOW, Buffer.from(BODY))).toBe(ID);
  }
});

it("refuses another body, identifier, time, secret or version", () => {
  const headers = { ...sign([SECRET], ID, NOW, BODY) };
  const body = Buffer.from(BODY);
  expect(refusal(() => verify([SECRET], headers, NOW, Buffer.from(`${BODY} `)))).toBe("SIGNATURE_INVALID");
  expect(refusal(() => verify([newSecret()], headers, NOW, body))).toBe("SIGNATURE_INVALID");
  const changed = [{ "webhook-id": "msg_other" }, { "webhook-timestamp": "1614265331" }].map((change) =>
    refusal(() => verify([SECRET], { ...headers, ...change }, NOW, body)),
  );
  expect(changed).toEqual(["SIGNATURE_INVALID", "SIGNATURE_INVALID"]);
  const version = headers["webhook-signature"].replace("v1,", "v1a,");
  expect(refusal(() => verify([SECRET], { ...headers, "webhook-signature": version }, NOW, body))).toBe(
    "SIGNATURE_INVALID",
  );
});

it("refuses an identifier that takes in what was signed as something else", () => {
  const headers = sign([SECRET], ID, NOW, `${NOW / 1000 + 600}.${BODY}`);
  const shifted = { ...headers, "webhook-id": `${ID}.${NOW / 1000}`, "webhook-timestamp": `${NOW / 1000 + 600}` };
  expect(refusal(() => verify([SECRET], shifted, NOW + 600_000, Buffer.from(BODY)))).toBe("SIGNATURE_INVALID");
});

it("takes timestamps within five minutes of now, either way", () => {
  const headers = { ...sign([SECRET], ID, NOW, BODY) };
  const at = (ms: number) => refusal(() => verify([SECRET], headers, NOW + ms, Buffer.from(BODY)));
  expect([at(300_000), at(-300_000)]).toEqual([ID, ID]);
  expect([at(300_001), at(-300_001)]).toEqual(["TIMESTAMP_OUT_OF_TOLERANCE", "TIMESTAMP_OUT_OF_TOLERANCE"]);
});

it("wants all three headers, once each", () => {
  const headers = sign([SECRET], ID, NOW, BODY);
  for (const name of Object.keys(headers)) {
    expect(refusal(() => verify([SECRET], { ...headers, [name]: undefined }, NOW, Buffer.from(BODY)))).toBe(
      "SIGNATURE_MISSING",
    );
  }
});

it("knows a secret by its form", () => {
  expect(keyOf(newSecret())).toHaveLength(32);
  for (const text of [
    "",
    "whsec_",
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_c2hvcnQ=",
    "whsec_not base64 at all, no no",
  ]) {
    expect(keyOf(text)).toBeUndefined();
  }
});
