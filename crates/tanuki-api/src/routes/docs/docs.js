// The page /docs: shows what this server answers at openapi.json, and sends its GET operations.

const METHODS = ["get", "head", "post", "put", "patch", "delete", "options"];
const MANY = 12; // A tag with more operations is divided by resource.
const CUT = 200_000; // Length from which on an answer is cut.

const [title, version, summary, token, filter, count, state, retry, list, sending] = [
  "title", "version", "summary", "token", "filter", "count", "state", "retry", "list", "sending",
].map((id) => document.getElementById(id));

let description, operations; // Set when the description is there.
const groups = []; // Tags and resources.

/** An element. Children are nodes or text; nothing is ever read as markup. */
function make(name, properties, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children.flat());
  return node;
}

// Built when first opened: there are hundreds of operations, and schemas may contain themselves.
function lazy(properties, head, build) {
  const node = make("details", properties, make("summary", {}, head));
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
const span = (className, text) => make("span", { className }, text);
const required = (is) => (is ? [" ", span("required", "required")] : []);

/** What a `$ref` into the description stands for. */
function resolve(node) {
  if (!node?.$ref) return node ?? {};
  return resolve(node.$ref.slice(2).split("/").reduce((inner, key) => inner?.[key], description));
}

const typesOf = ({ type = [] }) => [type].flat();
const optionsOf = ({ oneOf, anyOf }) => oneOf ?? anyOf;
/** What is under each key of an object whose keys are ids or the like. */
const mapOf = ({ properties, additionalProperties }) => !properties && additionalProperties;
const firstSchema = ({ content = {} }) => Object.values(content)[0]?.schema;

function typeText(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  const options = optionsOf(schema)?.map(typeText);
  const types = typesOf(schema).filter((type) => type !== "null").map((type) => {
    if (type === "array") return schema.items ? `list of ${typeText(schema.items)}` : "list";
    if (type === "object") return mapOf(schema) ? `${typeText(mapOf(schema))} by key` : schema.title ?? type;
    return schema.format ? `${type} · ${schema.format}` : type;
  });
  return (options ?? types).join(" or ") || (schema.properties ? "object" : "anything");
}

/** Whether more can be told about a schema than its type and rules. */
function hasInside(schema) {
  const whole = resolve(schema);
  if (whole.properties ?? optionsOf(whole)) return true;
  const inner = whole.items ?? whole.additionalProperties;
  return Boolean(inner) && hasInside(inner);
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

/** A head that opens, if there is more to tell about the schema. */
const opening = (schema, head) =>
  hasInside(schema) ? lazy({}, head, () => schemaNodes(schema)) : head;

function schemaNodes(schema) {
  const whole = resolve(schema);
  const options = optionsOf(whole)?.map((one) => make("div", {}, opening(one, typeText(one))));
  if (options) return [muted("One of these:"), ...options];
  if (whole.items && hasInside(whole)) return [muted("Each with:"), ...schemaNodes(whole.items)];
  if (mapOf(whole) && hasInside(whole)) return [muted("Under each key:"), ...schemaNodes(mapOf(whole))];
  const type = typeText(schema);
  if (!whole.properties) return [muted(`${type}, not described further`), ...rules(whole)];
  const rows = Object.entries(whole.properties).map(([name, property]) => [
    [code(name), ...required(whole.required?.includes(name))],
    opening(property, typeText(property)), rules(resolve(property)),
  ]);
  const others = whole.additionalProperties;
  if (others) rows.push(["any other", opening(others, typeText(others)), rules(resolve(others))]);
  return [table(type, ["Property", "Type", "Rules"], rows)];
}

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
  const { id, method, path, needsToken } = operation;
  operation.node = lazy({ className: "operation", id }, [
    span(`method ${method}`, method.toUpperCase()), code(path), span("what", operation.summary),
    span("access", needsToken ? "token" : "no token"),
  ], () => [make("div", { className: "body" }, operationBody(operation))]);
  return operation.node;
}

function operationBody(operation) {
  const { id, method, details: { requestBody, responses = {} }, needsToken } = operation;
  const body = resolve(requestBody);
  return [
    make("p", {}, needsToken ? "Needs a token. " : "Needs no token. ",
      make("a", { href: `#${encodeURIComponent(id)}` }, "Link to this operation")),
    ...(method === "get" ? [tryForm(operation)] : parameterTable(operation, [])),
    ...(requestBody ? [make("h4", {}, "Body", required(body.required))] : []),
    ...(requestBody ? schemaNodes(firstSchema(body) ?? {}) : []),
    make("h4", {}, "Answers"),
    make("div", { className: "answers" }, Object.entries(responses).map(answerNode)),
    make("h4", {}, "Examples"),
    ...(operation.details["x-codeSamples"] ?? []).map(exampleNode),
  ];
}

/** An example with the address of this server, and a button that copies it. */
function exampleNode({ label, source }) {
  const text = source.replaceAll("$TANUKI_URL", new URL(".", document.baseURI).href.replace(/\/$/, ""));
  const example = make("pre", { tabIndex: 0, ariaLabel: `Example with ${label}` }, code(text));
  const button = make("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch { // Browsers allow it over https and on this machine only.
      getSelection().selectAllChildren(example);
      button.textContent = "Selected: copy it with the keyboard";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 3000);
  });
  return make("div", { className: "example" }, make("p", {}, label, button), example);
}

function answerNode([status, reference]) {
  const answer = resolve(reference);
  const schema = firstSchema(answer);
  const type = schema ? ` – ${typeText(schema)}` : "";
  return make("div", {}, opening(schema, [code(status), ` ${answer.description ?? ""}${type}`]));
}

/** The parameters, and their inputs if there are any. */
function parameterTable({ parameters }, inputs) {
  if (!parameters.length) return [];
  const rows = parameters.map(({ name, in: where, schema = {}, ...more }, index) => {
    const input = inputs[index];
    const label = input ? make("label", { htmlFor: input.id }, code(name)) : code(name);
    const meaning = [more.description ?? "", ...rules(resolve(schema))];
    const row = [[label, ...required(more.required)], `${where} · ${typeText(schema)}`, meaning];
    return input ? [...row, input] : row;
  });
  const headings = ["Parameter", "Type", "Description", ...(inputs.length ? ["Value"] : [])];
  return [make("h4", {}, "Parameters"), table("Parameters", headings, rows)];
}

function inputFor(parameter, id) {
  const schema = resolve(parameter.schema);
  const choices = typesOf(schema).includes("boolean") ? ["true", "false"] : schema.enum;
  const options = ["", ...(choices ?? [])].map((choice) => make("option", {}, `${choice}`));
  const properties = { id, required: parameter.required ?? false, autocomplete: "off" };
  return choices ? make("select", properties, options) : make("input", properties);
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
  const inputs = operation.parameters.map((one) => inputFor(one, `${operation.id}-${one.name}`));
  const form = make("form", {}, parameterTable(operation, inputs), sending.content.cloneNode(true));
  const [line, output] = form.querySelectorAll(".sent, pre");
  let running;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    running?.abort();
    const { signal } = (running = new AbortController());
    const { href, pathname, search } = addressOf(operation, inputs);
    const show = (head, text) => {
      line.replaceChildren(code(`GET ${pathname}${search}`), span("", head.join(" · ")));
      Object.assign(output, { textContent: text, hidden: text === "", scrollTop: 0 });
    };
    show(["Sending…"], "");
    try {
      show(...await send(href, operation.needsToken, signal));
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
  const time = Math.round(performance.now() - begun);
  const head = [`${answer.status} ${answer.statusText}`.trim(), `${time} ms`];
  if (answer.status === 401 && !bearer) head.push("the access token is not filled in");
  if (!/json|^text\//.test(type)) return [[...head, type || "nothing in it"], ""];
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

function groupNode(heading, name, own, nodes) {
  const shown = span("count", "");
  const head = make("summary", {}, make(heading, {}, name), shown);
  const node = make("details", { className: "group" }, head, nodes);
  groups.push({ node, shown, own, isTag: heading === "h2" });
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
  for (const { node, text } of operations) node.hidden = words.some((word) => !text.includes(word));
  const shownOf = (some) => some.filter(({ node }) => !node.hidden).length;
  for (const { node, shown, own, isTag } of groups) {
    shown.textContent = shownOf(own);
    node.hidden = shownOf(own) === 0;
    node.open = isTag || words.length > 0;
  }
  count.textContent = `${shownOf(operations)} of ${operations.length} operations`;
  state.textContent = shownOf(operations) ? "" : "No operation matches the filter.";
}

function openFromHash() {
  const operation = operations.find(({ id }) => location.hash === `#${encodeURIComponent(id)}`);
  if (!operation) return;
  if (operation.node.hidden) {
    filter.value = "";
    applyFilter();
  }
  for (const { node, own } of groups) if (own.includes(operation)) node.open = true;
  operation.node.open = true;
  setTimeout(() => operation.node.scrollIntoView()); // Once its content is built.
  operation.node.firstChild.focus({ preventScroll: true });
}

async function load() {
  retry.hidden = true;
  state.textContent = "Loading the description…";
  try {
    const answer = await fetch("openapi.json", { signal: AbortSignal.timeout(20_000) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status} ${answer.statusText}`);
    description = await answer.json();
    if (!description?.paths) throw new Error("the answer is not an OpenAPI description");
    title.textContent = description.info?.title ?? "API";
    version.textContent = description.info?.version ?? "";
    summary.textContent = description.info?.summary ?? "";
    operations = operationsOf(description);
    const tags = [...Map.groupBy(operations, ({ tag }) => tag)]; // The longest goes last.
    list.replaceChildren(...tags.sort(([, a], [, b]) => a.length - b.length).map(tagNode));
    applyFilter();
    openFromHash();
    filter.addEventListener("input", applyFilter);
    addEventListener("hashchange", openFromHash);
  } catch (error) {
    state.textContent = `The description could not be loaded: ${error.message}`;
    retry.hidden = false;
    retry.focus();
  }
}

retry.addEventListener("click", load);
load();
