// The part of the script that keeps WebSockets.

import { send, sockets } from "./socket";

__sx.socket({ send, sockets });
