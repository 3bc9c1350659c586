// The part of the script that is a small language: what it refuses is tried again with the whole one.

import "./prim_math";
import "./prim_string";
import "./prim_list";
import "./prim_dict";
import "./prim_control";
import { lang } from "./lang";

__sx.use({ ...lang, whole: false });
