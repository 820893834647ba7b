// As ORMs' clients do it: what is generated lies beside the packages, at the root of node_modules.
let generated;
try {
  generated = require('.client/default');
} catch {
  throw new Error('client did not initialize yet: it was not generated into node_modules/.client');
}
module.exports = { ...generated };
