// Sends with the real Node SDK: node send.mjs URL WRITE_KEY
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const [url, writeKey] = process.argv.slice(2);
const client = new RudderAnalytics(writeKey, { dataPlaneUrl: url, flushAt: 20, logLevel: "error" });

client.identify({ userId: "u1", traits: { plan: "free", name: "Zoë 中文" } });
client.track({ userId: "u1", event: "workout_completed", properties: { workout_type: "yoga", duration_seconds: 1800 } });
client.track({ userId: "u1", event: "plan_selected", properties: { selected_plan: "annual" } });
client.track({ anonymousId: "device-1", event: "app_opened" });
client.track({ userId: "u1", event: "pricing_viewed", timestamp: new Date("2026-06-01T08:30:00Z") });
client.page({ userId: "u1", name: "Pricing", properties: { path: "/pricing" } });
client.screen({ userId: "u1", name: "Home" });
client.group({ userId: "u1", groupId: "team-1", traits: { size: 4 } });
client.alias({ previousId: "u0", userId: "u1" });
for (let number = 0; number < 50; number += 1) {
  client.track({ userId: `b${number}`, event: "app_opened", properties: { number } });
}
// One flush sends one batch.
for (let batch = 0; batch < 6; batch += 1) {
  await new Promise((done, fail) => client.flush((error) => (error ? fail(error) : done())));
}
await new Promise((done) => setTimeout(done, 300));
process.exit(0);
