import { render } from "preact";

import { App } from "./app";
import { startFeed } from "./feed";
import { backFromSignIn } from "./shell/signin";
import { applyTheme } from "./theme";
import { followHistory } from "./url";
import "./styles/index.css";

applyTheme();
backFromSignIn();
followHistory();
startFeed();
render(<App />, document.getElementById("page")!);
