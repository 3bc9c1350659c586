package sx

// KindDoc explains a kind of error: what it means, the smallest program that shows it, and the cure.
type KindDoc struct {
	Kind    ErrorKind
	Meaning string
	Example string // source text; some kinds need more than the language alone, and have none
	Message string // part of the message that the example gives
	Cure    string
}

// ErrorKinds explains every kind of error, in the order in which people meet them. The error index of the
// documentation is made of it.
func ErrorKinds() []KindDoc {
	return []KindDoc{
		{SyntaxError, "The reader could not read the text.",
			"(list 1", "unclosed (: expected )",
			"Close what the message names. For an unclosed form it points at where that form was opened, and at the form that begins at the left margin inside it, where the bracket is most likely missing."},
		{UndefinedError, "A name that nothing defines.",
			"(let (total 5) (+ totl 1))", "undefined symbol: totl (did you mean total?)",
			"Check the spelling. IO primitives such as now exist on the server and inside pages only; sx eval needs --io."},
		{ArityError, "Too few or too many arguments.",
			"(take (list 1))", "take takes 2 arguments, got 1: (take coll n)",
			"The usage line at the end of the message says what is expected."},
		{TypeError, "A value of the wrong type.",
			"(upper 1)", "upper: argument 1 must be a string, got number 1",
			"Convert first: (str x), (parse-int s), (list x)."},
		{KeywordError, "An unknown, missing or dangling keyword.",
			"(defcomp ~panel (&key head) (p head))\n(~panel :haed \"Note\")", "unknown keyword :haed (did you mean :head?)",
			"Use a keyword of the component, or collect others with &rest-attrs."},
		{DuplicateError, "A name defined twice.",
			"(define a 1)\n(define a 2)", "a is defined twice: first at",
			"Rename one. Names are global to the application, whatever file they stand in; component names with a path, such as ~cards/user, avoid collisions."},
		{FormError, "A special form that is written wrongly.",
			"(let (a))", "this name has no value",
			"Compare with the usage line in Primitives."},
		{CallError, "Calling what cannot be called.",
			"(let (x 1) (x 2))", "not callable: number 1",
			"A list whose head is a name calls it. Write [x 2] or (list x 2) for a list."},
		{FrozenError, "Changing what is immutable.",
			"(define xs (list 1))\n(append! xs 2)", "cannot change a frozen list",
			"A loaded program never changes. Make a new list with append, or keep changing data in the database or a session."},
		{RangeError, "A number outside its range, or one that does not exist, as after a division by zero.",
			"(* 90071992547409 1000)", "beyond the range of exact integers",
			"Numbers are exact up to 2⁵³−1. Keep larger ids as strings."},
		{MatchError, "No pattern fits.",
			"(match 3 4 \"four\")", "match: no pattern fits number 3",
			"Add a pattern _ that takes the rest."},
		{UserError, "Raised by the program.",
			"(error \"no luck\")", "no luck",
			"Catch it with (try … (catch e …)), or fix what it speaks of."},
		{LimitError, "A bound of evaluation was exceeded.",
			"(repeat-string \"ab\" 5e12)", "limit",
			"Something grows without end, or a bound is too small for this application: sx.Limits."},
		{MarkupError, "Markup that would be unsafe, or not valid: a computed on… attribute, an attribute name from data that starts with on, text in a script that could end it.",
			"(let (handler \"alert(1)\") (button :onclick handler \"Go\"))", "onclick",
			"Write the value as a literal, or use (json v) in scripts and sx-… attributes for behaviour."},
		{EffectError, "IO where none is allowed: a page-wide slot that reaches the session, a :client component that reads the database, a redirect inside a boundary.",
			"(defcomp ~clock () :affinity :client (p (now)))", "~clock is :affinity :client but reaches now, which only exists on the server",
			"Move the call to :data, or give the stream :scope :session."},
		{CancelledError, "The visitor left, or the deadline passed. SX code cannot catch this; finally still runs.",
			"", "",
			"Nothing is wrong in the program. Where it happens to visitors who did not leave, a deadline is too short: :timeout of a boundary, or the one that the server sets."},
		{GoError, "A primitive written in Go returned an error or panicked. The message is the one it gave; the position is the call.",
			"", "",
			"Look at the cause with errors.Unwrap; after a panic it holds the stack. A program may catch it like any other error."},
		{WarningKind, "Something that is probably not meant: a parameter that is never used, a branch that is never reached, a name that hides a primitive or an element, a component whose full name speaks of another file, an id written twice.",
			"(defcomp ~card (&key title tone)\n  (h2 title))", "~card does not use its parameter tone",
			"The program loads all the same; sx check --strict makes warnings errors."},
	}
}
