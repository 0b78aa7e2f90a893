// Only the kinds of trace that Cascade draws; core brings scatter.
const Plotly = require("plotly.js/lib/core");

Plotly.register([require("plotly.js/lib/bar"), require("plotly.js/lib/indicator"), require("plotly.js/lib/icicle")]);
window.Plotly = Plotly;
