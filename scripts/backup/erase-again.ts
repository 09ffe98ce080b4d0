// After a restore: customers who were erased since the backup was taken are erased again, before anybody sees the desk.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import type { Config } from "../../runtime/config.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { openDesk } from "../../services/desk.ts";
import type { ErasedCustomer } from "../customer/erased-list.ts";

/**
 * Erases those of the list who are in the desk; returns how many. Who was added after the backup was taken is not in it; the
 * time tells such a customer from another who has got the same number.
 */
export async function eraseAgain(config: Config, list: readonly ErasedCustomer[]): Promise<number> {
  const parts = ["crm", "ticket", "analytics", "support"] as const;
  // Nothing is read by a model here, and so no key is needed.
  const offline: Config = { ...config, ANALYTICS_ENGINE: "local" };
  await using desk = await openDesk({ config: offline, parts, demo: false, idle: true, log: () => {} });
  const support = createClient(SupportService, directTransport(desk.services));
  let count = 0;
  for (const { customerId, createTime } of list) {
    const found = await support.lookUpCustomer({ customerId }).catch((error: unknown) => {
      if (reasonOf(error) !== "CUSTOMER_NOT_FOUND") throw error;
    });
    const added = found?.customer?.createTime;
    if (!added || timestampMs(added) !== createTime) continue;
    await support.eraseCustomer({ customerId });
    count++;
  }
  return count;
}
