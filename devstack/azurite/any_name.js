"use strict";

// Loaded before Azurite. Azurite takes blobs whose names hold characters that XML has no place for,
// and from then on cannot list their container: one such upload would stop all others from being
// noticed. Blob Storage lists these names percent-encoded and says so, which its clients know.

const path = require("path");

const OUTSIDE_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

const azurite = path.dirname(require.resolve(process.argv[1]));
const xml = require(path.join(azurite, "blob", "generated", "utils", "xml.js"));
const stringify = xml.stringifyXML;

// Where the next page begins is compared with names as they are: give the next one that XML has.
function marker(name) {
  const bad = name.search(OUTSIDE_XML);
  return name.slice(0, bad) + (name[bad] < "\t" ? "\t" : name[bad] < " " ? " " : "");
}

function listable(value, key) {
  if (Array.isArray(value)) return value.map((each) => listable(each, key));
  if (value?.constructor === Object) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, listable(v, k)]));
  }
  if (typeof value !== "string" || !OUTSIDE_XML.test(value)) return value;
  if (key === "Name") return { $: { Encoded: "true" }, _: encodeURIComponent(value) };
  return key.endsWith("Marker") ? marker(value) : encodeURIComponent(value);
}

xml.stringifyXML = (body, options) => {
  try {
    return stringify(body, options);
  } catch (error) {
    return stringify(listable(body, ""), options);
  }
};
