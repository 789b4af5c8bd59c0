"use strict";
// Renders /openapi.json. Text goes in as text, never as markup.
const el = (name, text, ...children) => {
  const e = document.createElement(name);
  if (text) e.textContent = text;
  e.append(...children);
  return e;
};
const typeOf = s => !s ? "" : s.$ref ? s.$ref.split("/").pop() : s.allOf ? typeOf(s.allOf[0]) :
  s.type === "array" ? "list of " + typeOf(s.items) : [].concat(s.type || "any").join(" or ");
const row = (...cells) => { const tr = el("tr"); for (const c of cells) tr.append(el("td", c)); return tr; };
const table = rows => { const t = el("table"); t.append(...rows); return t; };

function operation(path, method, op, schemas) {
  const d = el("details");
  d.id = op.operationId;
  const s = el("summary");
  s.append(el("b", method.toUpperCase()), el("code", path), " ", op.summary);
  d.append(s, el("p", op.description));
  const rows = (op.parameters || []).map(p => row(p.name, p.in, typeOf(p.schema), p.description));
  const content = op.requestBody && op.requestBody.content["application/json"];
  if (content) {
    const body = schemas[typeOf(content.schema)];
    for (const [name, p] of Object.entries(body.properties)) rows.push(row(name, "body", typeOf(p), p.description));
  }
  if (rows.length) d.append(table(rows));
  if (content && content.example) d.append(el("pre", JSON.stringify(content.example, null, 1)));
  for (const [status, r] of Object.entries(op.responses)) {
    const kinds = Object.entries(r.content || {}).map(([k, c]) => k + " " + typeOf(c.schema)).join(", ");
    d.append(el("div", status + " " + r.description + (kinds ? ": " + kinds : "")));
  }
  return d;
}

fetch("/openapi.json").then(r => r.json()).then(doc => {
  const main = document.getElementById("api");
  main.textContent = "";
  for (const tag of doc.tags) {
    main.append(el("h2", tag.name), el("p", tag.description));
    for (const [path, methods] of Object.entries(doc.paths))
      for (const [method, op] of Object.entries(methods))
        if (op.tags.includes(tag.name)) main.append(operation(path, method, op, doc.components.schemas));
    for (const item of Object.values(doc.components.pathItems))
      if (item.get.tags.includes(tag.name)) main.append(operation(item["x-path"], "get", item.get, doc.components.schemas));
  }
  main.append(el("h2", "types"));
  for (const [name, s] of Object.entries(doc.components.schemas).sort()) {
    const d = el("details");
    d.append(el("summary", name), table(Object.entries(s.properties || {}).map(([n, p]) => row(n, typeOf(p), p.description))));
    main.append(d);
  }
}).catch(e => { document.getElementById("api").textContent = "cannot read /openapi.json: " + e; });
