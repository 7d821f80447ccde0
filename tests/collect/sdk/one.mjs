// Sends one event with the real Node SDK and says what it heard: node one.mjs URL WRITE_KEY [SIZE];
// with a size, one with a text of so many characters.
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const [url, writeKey, size] = process.argv.slice(2);
let failed = false;
const errorHandler = () => {
  failed = true;
};
const options = { dataPlaneUrl: url, flushAt: 20, logLevel: "error", errorHandler };
const client = new RudderAnalytics(writeKey, options);
const text = "x".repeat(Number(size ?? 0));
client.track({ userId: "u1", event: "app_opened", properties: { number: 1, text } });
await new Promise((done) => client.flush(done));
console.log(failed ? "gave up" : "sent");
process.exit(0);
