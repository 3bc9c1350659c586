package render

// Names that the server writes and the browser's client reads. client/src/names.gen.ts is generated from the constants of this file:
// change one here, run "make gen", and both sides have it.

// Frame names: the event a frame travels under, whatever carries it.
const (
	EventResolve  = "sx-resolve"  // fill a slot
	EventDefs     = "sx-defs"     // component definitions, before the first frame that uses them
	EventSignals  = "sx-signals"  // merge into client state
	EventDispatch = "sx-event"    // dispatch a DOM CustomEvent
	EventNavigate = "sx-navigate" // visit a URL
	EventError    = "sx-error"    // a slot or a source failed
	EventReset    = "sx-reset"    // a snapshot follows, not a continuation
	EventDrain    = "sx-drain"    // the server is going away: reconnect after a delay
	EventClose    = "sx-close"    // done: do not reconnect
	EventAck      = "sx-ack"      // a reliable message was handled
)

// Attributes that the server writes into pages for the client.
const (
	AttrSuspense = "data-suspense"  // id of a slot, on its wrapper
	AttrLive     = "data-sx-live"   // source of a live region
	AttrWS       = "data-sx-ws"     // address of a WebSocket region
	AttrCursor   = "data-sx-cursor" // where a region's stream continues after the first render
	AttrKey      = "sx-key"         // identity of a list item across updates
	AttrPreserve = "sx-preserve"    // element that updates leave alone
	AttrSend     = "sx-send"        // name of the message a form or button sends
	AttrVals     = "sx-vals"        // extra fields of that message, as JSON
	AttrInclude  = "sx-include"     // what else a request carries; "signals" is the client state
)

// Query parameters of live endpoints.
const (
	ParamLastEventID = "last_event_id" // cursor, where a header cannot be set
	ParamDefs        = "defs"          // hash of the definitions the client has
	ParamSource      = "s"             // source of a multiplexed request, repeated
	ParamCursor      = "c"             // cursor of the source before it
)

// LivePath is the endpoint that carries many sources in one stream: GET LivePath?s=SRC&c=CURSOR&s=…
const LivePath = "/_sx/live"

// Classes that show a region's connection state.
const (
	ClassConnecting   = "sx-connecting"
	ClassLive         = "sx-live"
	ClassReconnecting = "sx-reconnecting"
	ClassOffline      = "sx-offline"
)
