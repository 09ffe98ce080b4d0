import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import { levelOf, type Policy } from "./policy.ts";
import { DEFAULT_POLICY_FILE, parsePolicy, readPolicy } from "./read-policy.ts";

const parsed = (file: object): Policy => parsePolicy(JSON.stringify(file), "The policy file desk.json");

function refusal(file: object | string): string {
  try {
    parsePolicy(typeof file === "string" ? file : JSON.stringify(file), "The policy file desk.json");
  } catch (error) {
    expect(reasonOf(error)).toBe("POLICY_INVALID");
    return (error as Error).message;
  }
  return expect.fail("nothing was refused");
}

test("the default as a file gives the built-in policy", () => {
  const usual = readPolicy();
  expect(parsePolicy(readFileSync(DEFAULT_POLICY_FILE, "utf8"), "default").fingerprint).toBe(usual.fingerprint);
  expect(Object.values(usual.weights).reduce((sum, weight) => sum + weight)).toBe(100);
});

test("what a file leaves out is as in the default, but for hours, plans and weights, which are taken whole", () => {
  const policy = parsed({
    calendar: { time_zone: "Asia/Tokyo", business_hours: { saturday: ["10:00-12:00", "13:00-24:00"] } },
    targets: { low: { resolution: { within: "1h30m" } } },
    plan_targets: { Gold: { low: { next_response: { within: "20m", clock: "around_the_clock" } } } },
  });
  expect(policy.timeZone).toBe("Asia/Tokyo");
  expect(policy.target("resolution", "low", "")).toEqual({ ms: 5_400_000, clock: "business_hours" });
  expect(policy.target("first_response", "low", "")).toEqual({ ms: 57_600_000, clock: "business_hours" });
  expect(policy.target("next_response", "low", " GOLD ")).toEqual({ ms: 1_200_000, clock: "around_the_clock" });
  expect(policy.target("first_response", "normal", "enterprise")).toEqual(
    policy.target("first_response", "normal", ""),
  );
  const [friday, saturday] = [Date.parse("2026-11-27T12:00:00+09:00"), Date.parse("2026-11-28T13:30:00+09:00")];
  expect(policy.due(policy.target("resolution", "low", ""), friday)).toBe(saturday - 2 * 60 * 60_000);
  expect(policy.due({ ms: 9_000_000, clock: "business_hours" }, friday)).toBe(saturday);
  expect(policy.elapsed({ ms: 1, clock: "business_hours" }, friday, saturday)).toBe(9_000_000);
  expect(policy.elapsed({ ms: 1, clock: "around_the_clock" }, friday, saturday)).toBe(saturday - friday);
});

const hours = (monday: unknown) => ({ calendar: { business_hours: { monday } } });
const weights = { urgency: 30, waiting: 35, sentiment: 10, plan: 10, reopened: 10, follow_ups: 4 };
const WRONG: readonly (readonly [file: object, message: RegExp])[] = [
  [{ calender: {} }, /calender is \{\}, allowed: no such key; did you mean calendar\?/],
  [{ calendar: { time_zone: "Europe/Berln" } }, /calendar\.time_zone is "Europe\/Berln", allowed: an IANA time zone/],
  [{ calendar: [] }, /calendar is \[\], allowed: an object with the keys time_zone/],
  [{ calendar: { business_hours: {} } }, /calendar\.business_hours is \{\}, allowed: hours on one weekday/],
  [hours("09:00-17:00"), /business_hours\.monday is "09:00-17:00", allowed: a list/],
  [hours(["9-17"]), /monday\.0 is "9-17", allowed: hours of one day/],
  [hours(["22:00-06:00"]), /monday\.0 is "22:00-06:00", allowed: .*over midnight are two/],
  [hours(["09:00-12:00", "11:00-17:00"]), /monday is .*allowed: hours in their order that do not overlap/],
  [{ calendar: { holidays: ["2026-02-30"] } }, /holidays\.0 is "2026-02-30", allowed: a day such as/],
  [
    { targets: { high: { resolution: { within: "2d" } } } },
    /targets\.high\.resolution\.within is "2d", allowed: a time/,
  ],
  [{ targets: { high: { resolution: { within: "0h" } } } }, /within is "0h"/],
  [{ targets: { high: { resolution: { clock: "day" } } } }, /clock is "day", allowed: business_hours or around/],
  [{ targets: { hgh: {} } }, /targets\.hgh is \{\}.*did you mean high/],
  [{ plan_targets: { pro: { high: { resolution: { within: "2h" } } } } }, /resolution\.clock is \(left out\)/],
  [{ pause_while_waiting_on_customer: "yes" }, /pause_while_waiting_on_customer is "yes", allowed: true or false/],
  [{ priority: { weights } }, /priority\.weights is .*allowed: weights that add up to 100/],
  [{ priority: { weights: { ...weights, plan: -1 } } }, /priority\.weights\.plan is -1, allowed: a whole number/],
  [{ priority: { plans: { pro: 2 } } }, /priority\.plans\.pro is 2, allowed: a number from 0 to 1/],
  [[], /the whole is \[\], allowed: an object with the keys calendar/],
];

test.each(WRONG)("%j is refused with the path, the value and what is allowed", (file, message) => {
  expect(refusal(file)).toMatch(message);
});

test("all that is wrong is told at once", () => {
  const message = refusal({ calendar: { time_zone: "Mars" }, targets: { low: { resolution: { within: "soon" } } } });
  expect(message).toContain("calendar.time_zone");
  expect(message).toContain("targets.low.resolution.within");
});

test("a file that is no JSON, or is not there, is refused with its name", () => {
  expect(refusal("{,}")).toContain("desk.json");
  const missing = join(import.meta.dirname, "no-such-policy.json");
  expect(() => readPolicy(missing)).toThrow(/DESK_POLICY=.*no-such-policy\.json cannot be read \(ENOENT\)/);
});

test("what the desk has said decides how much a ticket presses; a text can only bring it forward", () => {
  const levels = ["low", "normal", "high", "urgent"].map((priority) =>
    ["", "low", "medium", "high"].map((urgency) => levelOf({ priority, urgency })),
  );
  expect(levels).toEqual([
    ["low", "low", "low", "low"],
    ["normal", "normal", "normal", "high"],
    ["high", "high", "high", "high"],
    ["urgent", "urgent", "urgent", "urgent"],
  ]);
});
