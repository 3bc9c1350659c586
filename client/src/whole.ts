// All of the language.

import "./special_more";
import "./prim_math";
import "./prim_string";
import "./prim_list";
import "./prim_dict";
import "./prim_data";
import "./prim_control";
