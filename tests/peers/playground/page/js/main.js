// The page: one state (world.js), drawn by these parts after every change.

import {notice} from "./element.js";
import {drawForms} from "./forms.js";
import {connect} from "./link.js";
import {drawPanes} from "./panes.js";
import {drawSidebar} from "./sidebar.js";
import {drawBreaking, drawProgress, drawTop} from "./top.js";
import {subscribe, world} from "./world.js";

subscribe(() => {
  drawTop();
  drawProgress();
  if (!world.ready) return;
  drawSidebar();
  drawPanes();
  drawForms();
  drawBreaking();
});

// A fault of the page itself is shown, not hidden in a console that nobody has open.
addEventListener("error", (event) => notice(`The page failed: ${event.message}`));
addEventListener("unhandledrejection", (event) => notice(`The page failed: ${event.reason}`));

connect();
