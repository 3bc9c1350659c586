// What a program in the browser may do that one on the server cannot: speak over a socket of the page.

import { wrong } from "./argument";
import { provide } from "./primitives";
import { serialize } from "./serialize";
import { isSym } from "./values";

const { Sx } = __sx as unknown as { Sx: { send(target: string, list: string): string } };

provide({
  // (sx-send "/ws/chat" '(chat-message :text "hello")) gives the message's id, "" when too many wait.
  "sx-send:sl": (src, message) => isSym(message[0]) ? Sx.send(src, serialize(message)) : wrong(1, "list headed by a symbol", message),
});
