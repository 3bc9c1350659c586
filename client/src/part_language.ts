// The part of the script that is the whole language.

import "./whole";
import "./prim_socket";
import { api } from "./api";
import { lang } from "./lang";

__sx.use({ ...lang, whole: true });
Object.assign(__sx.Sx, api);
