import { render } from "preact";

import { App } from "./app";
import { startFeed } from "./feed";
import { applyTheme } from "./theme";
import { followHistory } from "./url";
import "./styles/index.css";

applyTheme();
followHistory();
startFeed();
render(<App />, document.getElementById("page")!);
