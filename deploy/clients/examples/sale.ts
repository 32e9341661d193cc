/** From a lead to a deal that is won. Takes CRM_URL and CRM_TOKEN, and prints the deal. */
import { accepted, dealstream, type Schemas } from "../client/index.js";

const api = dealstream(process.env.CRM_URL ?? "", process.env.CRM_TOKEN ?? "");

const lead: Schemas["LeadRead"] = accepted(
  await api.POST("/v1/leads", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      company: "Glenmoor Ltd",
      contact_name: "Amy Fenwick",
      source: "typescript",
      budget: { amount: "192000.00", currency: "CNY" },
    },
  }),
);
const path = { lead_id: lead.id };
accepted(await api.POST("/v1/leads/{lead_id}/qualify", { params: { path }, body: { intent: "a" } }));
const converted = accepted(
  await api.POST("/v1/leads/{lead_id}/convert", { params: { path }, body: {} }),
);
const deal = { opportunity_id: converted.opportunity_id ?? "" };
accepted(
  await api.GET("/v1/opportunities/{opportunity_id}", {
    params: { path: deal, header: { Prefer: "wait=5" } },
  }),
);
const won = accepted(
  await api.POST("/v1/opportunities/{opportunity_id}/win", {
    params: { path: deal },
    body: { amount: { amount: "188000.00", currency: "CNY" } },
  }),
);
console.log(JSON.stringify({ id: won.id, status: won.status, amount: won.amount }));
