"use strict";

// Calls actions with the official clients. Reads one JSON object a line:
//
//   {"client": {sdk, form, method, sign, endpoint, protocol, id, key},
//    "calls": [{action, params}, ...]}
//
// makes the calls at the same time, and answers with one line: a list of
// {"answer": ...} or {"code": ..., "message": ...} in the order of the calls.

const readline = require("readline");
const { tcss: cn } = require("tencentcloud-sdk-nodejs/tencentcloud/services/tcss");
const intl = require("tencentcloud-sdk-nodejs-intl-en/tencentcloud/tcss");
const intlCommon = require("tencentcloud-sdk-nodejs-intl-en/tencentcloud/common");

function cnCaller(c) {
  const client = new cn.v20201101.Client({
    credential: { secretId: c.id, secretKey: c.key },
    profile: {
      signMethod: c.sign || undefined,
      httpProfile: { endpoint: c.endpoint, protocol: c.protocol, reqMethod: c.method },
    },
  });
  if (c.form === "multipart") {
    // Of a form without parts the SDK sends nothing, but signs a boundary.
    return (action, params) =>
      Object.keys(params).length === 0
        ? client[action]({})
        : client.request(action, flat(params), { multipart: true });
  }
  return (action, params) => client[action](params);
}

function intlCaller(c) {
  const { HttpProfile, ClientProfile, Credential } = intlCommon;
  const { Client, Models } = intl.v20201101;
  const http = new HttpProfile(c.protocol, c.endpoint, c.method);
  const client = new Client(new Credential(c.id, c.key), "", new ClientProfile(c.sign || undefined, http));
  return (action, params) =>
    new Promise((resolve, reject) => {
      const req = Object.assign(new Models[action + "Request"](), params);
      client[action](req, (err, answer) => (err ? reject(err) : resolve(answer)));
    });
}

// flat names values as "Filters.0.Name": the SDK's multipart form takes only
// text, and leaves it to the caller.
function flat(value, prefix = "", out = {}) {
  for (const [k, v] of Object.entries(value)) {
    if (v !== null && typeof v === "object") flat(v, prefix + k + ".", out);
    else out[prefix + k] = String(v);
  }
  return out;
}

async function serve({ client, calls }) {
  const call = client.sdk === "intl" ? intlCaller(client) : cnCaller(client);
  const replies = await Promise.allSettled(calls.map(({ action, params }) => call(action, params)));
  return replies.map(({ value, reason }) =>
    reason ? { code: reason.code || "", message: String(reason.message) } : { answer: value },
  );
}

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  console.log(JSON.stringify(await serve(JSON.parse(line))));
});
