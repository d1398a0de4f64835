// Azurite answers a GET with the live record of a blob, whose ETag another upload may change while its bytes are
// read. The service never does that: here, too, an answer is of one state of the blob.
'use strict';
const store = require('azurite/dist/src/blob/persistence/LokiBlobMetadataStore').default;
const { downloadBlob } = store.prototype;
store.prototype.downloadBlob = async function (...about) {
  return structuredClone(await downloadBlob.apply(this, about));
};
