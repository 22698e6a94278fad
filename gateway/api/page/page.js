// Shows the description at /schema/openapi.json and lets the reader try each operation against this gateway.
// Loads nothing else, keeps the API key in this page's memory only, and writes no markup from text.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const MAXIMUM_DEPTH = 6;

const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
};

const resolved = (description, schema) => {
  const name = (schema || {}).$ref;
  return name ? name.slice(2).split("/").reduce((place, step) => place[step], description) : schema || {};
};

// The one meaning of a schema that is either something or null.
const meant = (description, schema) => {
  const whole = resolved(description, schema);
  const choices = (whole.oneOf || whole.anyOf || []).map((choice) => resolved(description, choice));
  return choices.find((choice) => choice.type !== "null") || whole;
};

const typeOf = (description, schema) => {
  const whole = resolved(description, schema);
  const choices = whole.oneOf || whole.anyOf;
  if (choices) return choices.map((choice) => typeOf(description, choice)).join(" or ");
  if (whole.enum) return whole.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (whole.const !== undefined) return JSON.stringify(whole.const);
  if (whole.type === "array") return `list of ${typeOf(description, whole.items)}`;
  const type = [].concat(whole.type || "anything").join(" or ");
  return whole.format ? `${type} (${whole.format})` : type;
};

const exampleOf = (description, schema, depth = 0) => {
  const whole = meant(description, schema);
  if (whole.examples && whole.examples.length) return whole.examples[0];
  if (whole.default !== undefined && whole.default !== null) return whole.default;
  if (whole.enum) return whole.enum[0];
  if (whole.properties && depth < MAXIMUM_DEPTH) {
    const needed = whole.required || [];
    return Object.fromEntries(
      Object.entries(whole.properties)
        .filter(([name]) => needed.includes(name))
        .map(([name, property]) => [name, exampleOf(description, property, depth + 1)]),
    );
  }
  if (whole.type === "array") return [exampleOf(description, whole.items, depth + 1)];
  if (whole.type === "object") return {};
  if (whole.type === "integer" || whole.type === "number") return whole.minimum || 1;
  if (whole.type === "boolean") return false;
  if (whole.format === "date-time") return new Date(Date.now() + 30 * 86400e3).toISOString();
  if (whole.format === "date") return "1990-01-31";
  return "text";
};

const fieldsOf = (description, schema, depth = 0, before = "") => {
  const whole = meant(description, schema);
  if (whole.type === "array") return fieldsOf(description, whole.items, depth, `${before}[].`.replace("..", "."));
  if (!whole.properties || depth > 2) return [];
  return Object.entries(whole.properties).flatMap(([name, property]) => [
    { name: before + name, needed: (whole.required || []).includes(name), property },
    ...fieldsOf(description, property, depth + 1, `${before}${name}.`),
  ]);
};

const fieldTable = (description, schema) => {
  const rows = fieldsOf(description, schema).map(({ name, needed, property }) =>
    make(
      "tr",
      {},
      make("td", { className: needed ? "name needed" : "name", textContent: name }),
      make("td", { className: "type", textContent: typeOf(description, property) }),
      make("td", { textContent: resolved(description, property).description || meant(description, property).description || "" }),
    ),
  );
  return rows.length ? make("table", {}, ...rows) : null;
};

const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const parameterRow = (description, parameter, inputs) => {
  const input = make("input", { placeholder: typeOf(description, parameter.schema), spellcheck: false });
  if (parameter.name === "Idempotency-Key") input.value = newKey();
  inputs.push({ parameter, input });
  return make(
    "tr",
    {},
    make("td", { className: parameter.required ? "name needed" : "name", textContent: parameter.name }),
    make("td", { className: "type", textContent: parameter.in }),
    make("td", {}, input),
    make("td", { textContent: parameter.description || "" }),
  );
};

const requestOf = (method, path, inputs, body) => {
  const headers = { authorization: `Bearer ${document.getElementById("key").value.trim()}` };
  const query = new URLSearchParams();
  let place = path;
  for (const { parameter, input } of inputs) {
    const value = input.value.trim();
    if (parameter.in === "path") place = place.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (!value) continue;
    else if (parameter.in === "header") headers[parameter.name] = value;
    else if (resolved({}, parameter.schema).type === "array" || parameter.name === "kind")
      value.split(",").forEach((one) => query.append(parameter.name, one.trim()));
    else query.append(parameter.name, value);
  }
  if (body) headers["content-type"] = "application/json";
  const search = query.toString();
  return [search ? `${place}?${search}` : place, { method: method.toUpperCase(), headers, body: body ? body.value : undefined }];
};

const show = async (place, [target, options]) => {
  place.replaceChildren(make("p", { textContent: "…" }));
  try {
    const began = performance.now();
    const response = await fetch(target, options);
    const text = await response.text();
    const took = Math.round(performance.now() - began);
    let shown = text;
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // Not JSON: shown as it is.
    }
    place.replaceChildren(
      make("p", { className: response.ok ? "good" : "bad", textContent: `${response.status} · ${took} ms · ${target}` }),
      make("pre", { textContent: shown || "(no body)" }),
    );
  } catch (error) {
    place.replaceChildren(make("p", { className: "bad", textContent: String(error) }));
  }
};

const inside = (description, method, path, operation) => {
  const inputs = [];
  const rows = (operation.parameters || []).map((parameter) => parameterRow(description, resolved(description, parameter), inputs));
  const content = ((operation.requestBody || {}).content || {})["application/json"];
  const body = content
    ? make("textarea", { value: JSON.stringify(exampleOf(description, content.schema), null, 2), spellcheck: false })
    : null;
  const answer = make("div");
  const button = make("button", { type: "button", textContent: "Try it" });
  button.addEventListener("click", () => show(answer, requestOf(method, path, inputs, body)));
  const part = make("div", { className: "inside" }, ...prose(operation.description));
  if (rows.length) part.append(make("h4", { textContent: "Parameters" }), make("table", {}, ...rows));
  if (body) {
    const table = fieldTable(description, content.schema);
    part.append(make("h4", { textContent: "Body" }), ...(table ? [table] : []), body);
  }
  part.append(make("p", {}, button), answer, make("h4", { textContent: "Answers" }));
  for (const [code, response] of Object.entries(operation.responses || {})) {
    const [schema] = Object.values(response.content || {}).map((kind) => kind.schema);
    const name = schema && schema.$ref ? schema.$ref.split("/").pop() : "";
    const table = schema && code < "300" ? fieldTable(description, schema) : null;
    part.append(make("p", { textContent: [code, name, response.description].filter(Boolean).join(" · ") }), ...(table ? [table] : []));
  }
  return part;
};

const shownOperation = (description, method, path, operation) => {
  const details = make(
    "details",
    {},
    make(
      "summary",
      {},
      make("span", { className: "method", textContent: method.toUpperCase() }),
      make("span", { className: "path", textContent: path }),
      make("span", { className: "told", textContent: operation.summary || "" }),
    ),
  );
  details.dataset.words = `${method} ${path} ${operation.summary} ${operation.description} ${operation.operationId}`.toLowerCase();
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(inside(description, method, path, operation));
  });
  return details;
};

const find = (text) => {
  for (const group of document.querySelectorAll("section")) {
    const found = [...group.querySelectorAll("details")].filter((details) => {
      details.hidden = !details.dataset.words.includes(text.toLowerCase());
      return !details.hidden;
    });
    group.hidden = found.length === 0;
  }
};

const prose = (text) => (text || "").split("\n\n").map((part) => make("p", { textContent: part.replaceAll("`", "") }));

const start = async () => {
  const description = await (await fetch("/schema/openapi.json")).json();
  const groups = new Map((description.tags || []).map((tag) => [tag.name, { told: tag.description || "", operations: [] }]));
  for (const [path, methods] of Object.entries(description.paths || {})) {
    for (const method of METHODS.filter((name) => methods[name])) {
      const [tag] = methods[method].tags || ["Other"];
      if (!groups.has(tag)) groups.set(tag, { told: "", operations: [] });
      groups.get(tag).operations.push(shownOperation(description, method, path, methods[method]));
    }
  }
  const introduction = prose(description.info.description);
  const sections = [...groups].filter(([, group]) => group.operations.length).map(([name, group]) =>
    make("section", {}, make("h2", { textContent: name }), make("p", { textContent: group.told }), ...group.operations),
  );
  document.getElementById("operations").replaceChildren(...introduction, ...sections);
  document.getElementById("find").addEventListener("input", (event) => find(event.target.value));
};

start().catch((error) => document.getElementById("operations").replaceChildren(make("p", { className: "bad", textContent: String(error) })));
