// The part of the script that makes forms, links and sx-* attributes send requests, and shows the answers.

import { attend, attrs } from "./attrs";
import { host } from "./frame";
import { renew, visit } from "./visit";

host.visit = (url, replace) => void visit(url, { _push: true, _replace: replace });
host.renew = renew;
host.attend = attend;
attrs();
for (const e of document.querySelectorAll("[sx-trigger]")) attend(e);
