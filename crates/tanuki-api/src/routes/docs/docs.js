// The page /docs: shows the description that this server answers at
// openapi.json, and sends its GET operations.

const METHODS = ["get", "post", "put", "patch", "delete"];
const MANY = 12; // A tag with more operations is divided by resource.
const PATIENCE = 20_000; // Milliseconds to wait for the description.
const CUT = 200_000; // Length from which on an answer is cut.

const [title, version, about, token, filter, count, state, retry, list] = [
  "title", "version", "about", "token", "filter", "count", "state", "retry", "operations",
].map((id) => document.getElementById(id));

let description = {};
let operations = [];
const groups = []; // Tags and resources.

/** An element. Children are nodes or text; nothing is ever read as markup. */
function make(name, properties, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children.flat());
  return node;
}

// Content is built when it is first opened: there are hundreds of operations,
// and schemas may contain themselves.
function lazy(properties, summary, build) {
  const node = make("details", properties, make("summary", {}, summary));
  node.addEventListener("toggle", () => node.append(...build()), { once: true });
  return node;
}

// The roles are written out because narrow screens show the cells as blocks.
function table(ariaLabel, headings, rows) {
  const row = (...cells) => make("tr", { role: "row" }, ...cells);
  const cells = (name, role, contents) => contents.map((content) => make(name, { role }, content));
  return make("table", { role: "table", ariaLabel },
    make("thead", { role: "rowgroup" }, row(cells("th", "columnheader", headings))),
    make("tbody", { role: "rowgroup" }, rows.map(([first, ...others]) =>
      row(cells("th", "rowheader", [first]), cells("td", "cell", others)))));
}

const code = (text) => make("code", {}, text);
const muted = (text) => make("p", { className: "muted" }, text);
const required = (is) => (is ? [" ", make("span", { className: "required" }, "required")] : []);

// Schemas.

/** What a `$ref` into the description stands for. */
function resolve(node) {
  if (!node?.$ref) return node ?? {};
  const keys = node.$ref.replace("#/", "").split("/");
  return resolve(keys.reduce((inner, key) => inner?.[key], description));
}

const typesOf = ({ type = [] }) => [type].flat();
const optionsOf = ({ oneOf, anyOf }) => oneOf ?? anyOf;
const firstSchema = ({ content = {} }) => Object.values(content)[0]?.schema;

function typeText(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  const options = optionsOf(schema);
  if (options) return options.map(typeText).join(" or ");
  const types = typesOf(schema).filter((type) => type !== "null");
  if (!types.length) return schema.properties ? "object" : "anything";
  return types.map((type) => {
    if (type === "array") return schema.items ? `list of ${typeText(schema.items)}` : "list";
    return schema.format ? `${type} · ${schema.format}` : type;
  }).join(" or ");
}

/** Whether more can be told about a schema than its type and rules. */
function hasInside(schema) {
  const whole = resolve(schema);
  const inner = resolve(whole.items ?? whole);
  return Boolean(inner.properties ?? optionsOf(inner));
}

/** What holds for a value besides its type. */
function rules(schema) {
  const choices = (schema.enum ?? []).filter((choice) => choice !== null);
  const items = [];
  if (typesOf(schema).includes("null")) items.push(["may be null"]);
  if (schema.maxLength !== undefined) items.push([`at most ${schema.maxLength} characters`]);
  if (choices.length) items.push(["one of", choices.flatMap((one) => [" ", code(`${one}`)])]);
  if (schema.description) items.push([schema.description]);
  return items.length ? [make("ul", {}, items.map((item) => make("li", {}, ...item)))] : [];
}

function typeCell(schema) {
  const text = typeText(schema);
  return hasInside(schema) ? lazy({}, text, () => schemaNodes(schema)) : text;
}

function schemaNodes(schema) {
  const whole = resolve(schema);
  const options = optionsOf(whole)?.map((one) => make("div", {}, typeCell(one)));
  if (options) return [muted("One of these:"), ...options];
  if (whole.items && hasInside(whole)) return [muted("Each with:"), ...schemaNodes(whole.items)];
  if (!whole.properties) return [muted(`${typeText(schema)}, not described further`), ...rules(whole)];
  const rows = Object.entries(whole.properties).map(([name, property]) => {
    const heading = [code(name), ...required(whole.required?.includes(name))];
    return [heading, typeCell(property), rules(resolve(property))];
  });
  return [table(typeText(schema), ["Property", "Type", "Rules"], rows)];
}

// Operations.

function operationsOf({ paths, security: everywhere = [] }) {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const details = item[method];
      const { summary = "", tags: [tag] = ["Other"], security = everywhere } = details;
      return {
        method, path, tag, summary, details,
        id: details.operationId ?? `${method}${path}`,
        parameters: [...(item.parameters ?? []), ...(details.parameters ?? [])].map(resolve),
        // An empty requirement among them makes the token optional.
        needsToken: security.length > 0 && security.every((one) => Object.keys(one).length > 0),
        text: `${method} ${path} ${summary} ${tag}`.toLowerCase(),
      };
    }));
}

function operationNode(operation) {
  const { id, method, path, summary, needsToken } = operation;
  const breakable = path.split(/(?=\/)/).flatMap((part) => [part, make("wbr")]);
  operation.node = lazy({ className: "operation", id }, [
    make("span", { className: `method ${method}` }, method.toUpperCase()), " ",
    make("code", {}, breakable), " ",
    make("span", { className: "what" }, summary), " ",
    make("span", { className: "access" }, needsToken ? "token" : "no token"),
  ], () => [make("div", { className: "body" }, operationBody(operation))]);
  return operation.node;
}

function operationBody(operation) {
  const { id, method, details, needsToken } = operation;
  const link = make("a", { href: `#${encodeURIComponent(id)}` }, "Link to this operation");
  const nodes = [make("p", {}, needsToken ? "Needs a token. " : "Needs no token. ", link)];
  if (details.description) nodes.push(make("p", {}, details.description));
  nodes.push(...(method === "get" ? [tryForm(operation)] : parameterTable(operation)));
  if (details.requestBody) {
    const body = resolve(details.requestBody);
    nodes.push(make("h4", {}, "Body", required(body.required)), ...schemaNodes(firstSchema(body) ?? {}));
  }
  const answers = Object.entries(details.responses ?? {}).map(([status, reference]) => {
    const answer = resolve(reference);
    const schema = firstSchema(answer);
    const type = schema ? ` – ${typeText(schema)}` : "";
    const head = [code(status), ` ${answer.description ?? ""}${type}`];
    return hasInside(schema) ? lazy({}, head, () => schemaNodes(schema)) : make("p", {}, head);
  });
  return [...nodes, make("h4", {}, "Answers"), make("div", { className: "answers" }, answers)];
}

/** The parameters, and their inputs if there are any. */
function parameterTable({ id, parameters }, inputs) {
  if (!parameters.length) return [];
  const rows = parameters.map(({ name, in: where, schema = {}, ...more }, index) => {
    const type = `${where} · ${typeText(schema)}`;
    const others = [type, [more.description ?? "", ...rules(resolve(schema))]];
    if (!inputs) return [[code(name), ...required(more.required)], ...others];
    const input = Object.assign(inputs[index], { id: `${id}-${name}` });
    const label = make("label", { htmlFor: input.id }, code(name));
    return [[label, ...required(more.required)], ...others, input];
  });
  const headings = ["Parameter", "Type", "Description", ...(inputs ? ["Value"] : [])];
  return [make("h4", {}, "Parameters"), table("Parameters", headings, rows)];
}

// Sending.

function inputFor(parameter) {
  const schema = resolve(parameter.schema);
  const choices = schema.enum ?? (typesOf(schema).includes("boolean") ? [true, false] : undefined);
  const properties = { required: Boolean(parameter.required), autocomplete: "off" };
  if (!choices) return make("input", { type: "text", spellcheck: false, ...properties });
  const named = ["", ...choices.filter((choice) => choice !== null)];
  return make("select", properties, named.map((choice) => make("option", {}, `${choice}`)));
}

/** Where an operation is: beside this page, so below /api if the page is. */
function addressOf({ path, parameters }, inputs) {
  const query = new URLSearchParams();
  let filled = path;
  parameters.forEach(({ name, in: where }, index) => {
    const { value } = inputs[index];
    if (where === "path") filled = filled.replace(`{${name}}`, () => encodeURIComponent(value));
    else if (value !== "") query.append(name, value);
  });
  return new URL(`.${filled}${query.size ? `?${query}` : ""}`, document.baseURI);
}

function tryForm(operation) {
  const inputs = operation.parameters.map(inputFor);
  const line = make("p", { className: "sent", role: "status" });
  const output = make("pre", { tabIndex: 0, role: "region", ariaLabel: "Answer", hidden: true });
  const form = make("form", {}, parameterTable(operation, inputs), make("button", {}, "Send"), line, output);
  let running;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    const address = addressOf(operation, inputs);
    const asked = `GET ${address.pathname}${address.search}`;
    const show = (head, text) => {
      line.replaceChildren(code(asked), make("span", {}, head.join(" · ")));
      Object.assign(output, { textContent: text, hidden: text === "", scrollTop: 0 });
    };
    show(["Sending…"], "");
    try {
      const [head, text] = await send(address, operation.needsToken, signal);
      show(head, text);
    } catch (error) {
      // An aborted one has given way to another, which the line is about.
      if (!signal.aborted) show([`No answer: ${error.message}`], "");
    }
  });
  return form;
}

/** What to tell about the answer, and its text. */
async function send(address, needsToken, signal) {
  const bearer = token.value.trim().replace(/^Bearer\s+/i, "");
  const headers = needsToken && bearer ? { Authorization: `Bearer ${bearer}` } : {};
  const begun = performance.now();
  // Without cookies: the token alone says who asks, and a login in another tab stays as it is.
  const answer = await fetch(address, { headers, signal, credentials: "omit", cache: "no-store" });
  const type = answer.headers.get("content-type") ?? "";
  const whole = await answer.text();
  const time = `${Math.round(performance.now() - begun)} ms`;
  const head = [`${answer.status} ${answer.statusText}`.trim(), time];
  if (answer.status === 401 && !bearer) head.push("the access token is not filled in");
  if (!/json|^text\//.test(type)) return [[...head, type], ""];
  const text = type.includes("json") ? pretty(whole) : whole;
  if (text.length > CUT) head.push(`cut after ${CUT / 1000} kB`);
  return [head, text.slice(0, CUT)];
}

function pretty(text) {
  // Newer browsers can keep numbers as they were sent: 24.0 is not 24 to every client.
  const exact = (key, value, context) =>
    typeof value === "number" ? JSON.rawJSON?.(context.source) ?? value : value;
  try {
    return JSON.stringify(JSON.parse(text, exact), null, 2);
  } catch {
    return text;
  }
}

// The page.

function groupNode(heading, name, own, nodes) {
  const shown = make("span", { className: "count" });
  const node = make("details", { className: "group", open: heading === "h2" },
    make("summary", {}, make(heading, {}, name), shown), nodes);
  groups.push({ node, shown, own });
  return node;
}

function tagNode([tag, own]) {
  const resources = Map.groupBy(own, ({ path }) => path.split("/").slice(0, 3).join("/"));
  const nodes = own.length <= MANY || resources.size === 1 ? own.map(operationNode)
    : [...resources].map(([name, some]) => groupNode("h3", name, some, some.map(operationNode)));
  return groupNode("h2", tag, own, nodes);
}

function applyFilter() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const { node, text } of operations) node.hidden = !words.every((word) => text.includes(word));
  const shownOf = (some) => some.filter(({ node }) => !node.hidden).length;
  for (const group of groups) {
    group.shown.textContent = shownOf(group.own);
    group.node.hidden = shownOf(group.own) === 0;
    // Open while there is a filter, and after it as before it.
    if (words.length) group.wasOpen ??= group.node.open;
    group.node.open = words.length > 0 || (group.wasOpen ?? group.node.open);
    if (!words.length) group.wasOpen = undefined;
  }
  count.textContent = `${shownOf(operations)} of ${operations.length} operations`;
  state.textContent = shownOf(operations) ? "" : "No operation matches the filter.";
}

function openFromHash() {
  const operation = operations.find(({ id }) => location.hash === `#${encodeURIComponent(id)}`);
  if (!operation) return;
  if (operation.node.hidden) filter.value = "";
  applyFilter();
  for (const { node, own } of groups) if (own.includes(operation)) node.open = true;
  operation.node.open = true;
  operation.node.scrollIntoView();
  operation.node.firstChild.focus({ preventScroll: true });
}

async function load() {
  retry.hidden = true;
  state.textContent = "Loading the description…";
  try {
    const answer = await fetch("openapi.json", { signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status} ${answer.statusText}`);
    description = await answer.json();
    if (!description?.paths) throw new Error("the answer is not an OpenAPI description");
  } catch (error) {
    const reasons = { SyntaxError: "the answer is not JSON", TypeError: "the server was not reached",
      TimeoutError: "the server took too long" };
    state.textContent = `The description could not be loaded: ${reasons[error.name] ?? error.message}.`;
    retry.hidden = false;
    retry.focus();
    return;
  }
  const { info = {} } = description;
  title.textContent = info.title ?? "API";
  version.textContent = info.version ?? "";
  about.textContent = info.summary ?? info.description ?? "";
  document.title = `${title.textContent} ${version.textContent} – API`;
  operations = operationsOf(description);
  list.replaceChildren(...[...Map.groupBy(operations, ({ tag }) => tag)].map(tagNode));
  applyFilter();
  openFromHash();
}

filter.addEventListener("input", applyFilter);
retry.addEventListener("click", load);
addEventListener("hashchange", openFromHash);
load();
