package lsp

// What the definition forms of an application take. Tests hold these tables against what loading says.

// definitionForm is a head that stands at the top of a file.
type definitionForm struct {
	name, usage, doc string
	fields           []field
}

// field is a keyword that a form takes.
type field struct{ name, doc string }

var definitionForms = []definitionForm{
	{"defcomp", "(defcomp ~name (&key parameter … &rest children) body …)", "Defines a component: markup with a name and keyword parameters.", []field{
		{"affinity", ":auto, :client or :server: where the component may be rendered."},
	}},
	{"define", "(define name value), (define (name parameter …) body …)", "Names a value or a function.", nil},
	{"defmacro", "(defmacro name (parameter …) body …)", "Defines a macro: a function from forms to a form, which runs while the program loads.", nil},
	{"defpage", "(defpage name :path \"/…\" :content markup …)", "Declares a page. The parts of its path and the keys of :data are names in its other fields.", []field{
		{"path", "A path such as \"/articles/<slug>\" with <name>, <int:name> and <path:name>; or 404 or 500 for an error page."},
		{"title", "The title of the document."},
		{"layout", "A component around the content, alone or as a call without children."},
		{"auth", "The name of a guard, or a list of them."},
		{"data", "A dict of what the other fields see; each entry sees those before it."},
		{"head", "Elements for the document's head."},
		{"content", "The markup of the page."},
		{"live", "Streams that change the page while it is open: (live …), or a list of them."},
		{"error", "A function of the error, for what the content shows in its place."},
		{"status", "The status of the response, 200 by default."},
		{"headers", "A dict of headers of the response."},
		{"cache", "{:max-age seconds :vary (…)}: what caches may keep, the same for everybody."},
		{"wire", ":html or :sx: how late parts travel."},
	}},
	{"defhandler", "(defhandler name :path \"/…\" (&key parameter …) body …)", "Declares an address that answers with data or markup.", []field{
		{"path", "The path, with parameters as in defpage."},
		{"method", ":get, :post, :put, :patch or :delete; :get by default."},
		{"auth", "The name of a guard, or a list of them."},
		{"every", "Repeats the answer as a stream of events: milliseconds."},
		{"on", "Repeats the answer when something is published: a topic, or a list of them."},
	}},
	{"defaction", "(defaction name :path \"/…\" (&key parameter …) body …)", "Declares what a form sends to: its fields are checked, and bound as parameters.", []field{
		{"path", "The path, with parameters as in defpage."},
		{"method", ":post by default."},
		{"auth", "The name of a guard, or a list of them."},
	}},
	{"defguard", "(defguard name body …)", "Declares who may see a page: a guard passes when its body is truthy, and may redirect or abort.", nil},
	{"defconfig", "(defconfig :field value …)", "Settings of the application, in app.sx.", []field{
		{"name", "What pages without a title are called."},
		{"lang", "The language of the built-in document."},
		{"csp", "Directives of the content security policy, beyond the strict default."},
		{"origins", "Other origins that may send requests that change something."},
		{"env", "Variables of the environment that (env …) may read."},
		{"fetch-allow", "Networks of their own that (fetch …) may reach."},
		{"max-body", "The most bytes that a request may send."},
		{"max-uploads", "The most bytes that all files of visitors together may take; 10 GiB by default."},
		{"datastar-scripts", "Whether Datastar's scripts are served."},
		{"client", "Which parts of the client every page's script has."},
		{"addr", "The address to listen on."},
		{"metrics-addr", "Where /metrics is served."},
		{"data", "The folder for what the application keeps."},
		{"grace", "How long a shutdown may take."},
		{"log-format", "text or json."},
	}},
	{"deflive", "(deflive \"/…\" :every ms (bind \"id\" body …) …)", "Declares a stream that several pages share.", []field{
		{"src", "The address of the stream."},
		{"every", "Milliseconds between two rounds."},
		{"on", "Topics that start a round."},
		{"stream", "Where messages come from."},
		{"scope", ":page, :session or :all: who shares a round."},
		{"wire", ":html or :sx: how patches travel."},
		{"auth", "The name of a guard, or a list of them."},
	}},
	{"defsuite", "(defsuite \"name\" (deftest …) …)", "Groups tests.", nil},
	{"deftest", "(deftest \"name\" body …)", "Defines a test.", nil},
}

// partForms are heads that stand inside of definitions alone.
var partForms = []definitionForm{
	{"live", "(live :every ms (bind \"id\" body …) …)", "A stream that changes the page while it is open.", []field{
		{"src", "The address of the stream, when it is to have one of its own."},
		{"every", "Milliseconds between two rounds."},
		{"on", "Topics that start a round."},
		{"stream", "Where messages come from."},
		{"scope", ":page, :session or :all: who shares a round."},
		{"wire", ":html or :sx: how patches travel."},
		{"auth", "The name of a guard, or a list of them."},
	}},
	{"bind", "(bind \"id\" :mode mode :key form body …)", "Gives a slot its markup, each round anew.", []field{
		{"mode", "How the slot takes it: inner, outer, append, prepend, before, after, replace, remove or morph."},
		{"key", "The slot is sent again only when this has another value."},
	}},
}

// definitionFormOf returns the form with a head, or nil.
func definitionFormOf(name string) *definitionForm {
	for _, list := range [][]definitionForm{definitionForms, partForms} {
		for i := range list {
			if list[i].name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// annotations of a parameter, and the types that :as takes.
var annotations = []field{
	{"as", "The type of the value; with a ? at the end nil may stand for none."},
	{"default", "The value when none is given."},
	{"required", "A value must be given."},
	{"min", "The least number, or length of a string or list."},
	{"max", "The greatest number, or length of a string or list."},
	{"in", "A list of the values that may be given."},
}

var parameterTypes = []string{"any", "number", "string", "boolean", "list", "dict", "element", "integer", "symbol", "function", "file"}
