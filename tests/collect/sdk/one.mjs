// Sends one event with the real Node SDK: node one.mjs URL WRITE_KEY; says what it heard.
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const [url, writeKey] = process.argv.slice(2);
let failed = false;
const errorHandler = () => {
  failed = true;
};
const options = { dataPlaneUrl: url, flushAt: 20, logLevel: "error", errorHandler };
const client = new RudderAnalytics(writeKey, options);
client.track({ userId: "u1", event: "app_opened", properties: { number: 1 } });
await new Promise((done) => client.flush(done));
console.log(failed ? "gave up" : "sent");
process.exit(0);
